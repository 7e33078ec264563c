using CrashHandler.Handler.Posix;
using Microsoft.Win32.SafeHandles;

namespace CrashHandler.Handler.Reports;

/// <summary>A report being written: its dump in <c>new/</c>, locked, until <see cref="Commit"/> makes it one. Disposed of without, it leaves nothing.</summary>
internal sealed class PendingReport : IDisposable
{
    private readonly ReportDatabase _database;
    private readonly FileDescriptor _file;
    private readonly string _path;
    private bool _isCommitted;

    /// <summary>Begins; see <see cref="ReportDatabase.BeginReport"/>.</summary>
    public PendingReport(ReportDatabase database, Guid id, string path)
    {
        _database = database;
        Id = id;
        _path = path;
        _file = CreateLocked(path);
        Dump = new FileStream(new SafeFileHandle(_file.Number, ownsHandle: false), FileAccess.ReadWrite);
    }

    /// <summary>The report's id.</summary>
    public Guid Id { get; }

    /// <summary>Where the dump is written.</summary>
    public FileStream Dump { get; }

    /// <summary>Makes it a report: the dump is synced and moved, then its record commits.</summary>
    /// <param name="record">The record; its state is set to skipped when uploads are off.</param>
    /// <exception cref="SyscallException">The disk failed; nothing is left but what a sweep finds.</exception>
    public void Commit(ReportRecord record)
    {
        Dump.Flush();
        DurableFile.Sync(_file, _path);
        _database.File(_path, AreUploadsOff() ? record with { State = ReportState.Skipped } : record);
        _isCommitted = true;
    }

    public void Dispose()
    {
        Dump.Dispose();
        if (!_isCommitted)
        {
            // If even that fails, the next sweep takes it.
            _ = Libc.unlink(_path);
        }

        _file.Dispose();
    }

    // Locked, so that a sweep takes only what a dead handler left. One may see the file between its creation and its lock, and remove it.
    private static FileDescriptor CreateLocked(string path)
    {
        while (true)
        {
            FileDescriptor file = DurableFile.Create(path);
            DurableFile.Lock(file, path);
            if (File.Exists(path))
            {
                return file;
            }

            file.Dispose();
        }
    }

    private bool AreUploadsOff()
    {
        try
        {
            return !_database.Settings.IsUploadAllowed;
        }
        catch (Exception unreadable) when (unreadable is DatabaseException or SyscallException)
        {
            // The report is worth more than the answer: it waits, and the queue asks again before it sends anything.
            return false;
        }
    }
}
