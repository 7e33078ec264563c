using CrashHandler.Handler.Posix;

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
        _file = DurableFile.Create(path);
        // So that a sweep takes only what a dead handler left.
        if (Libc.flock(_file.Number, Libc.LOCK_EX | Libc.LOCK_NB) != 0)
        {
            throw SyscallException.Last("flock", path);
        }

        Dump = new FileStream(new Microsoft.Win32.SafeHandles.SafeFileHandle(_file.Number, ownsHandle: false), FileAccess.ReadWrite);
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
        _database.File(_path, record with { State = _database.Settings.IsUploadAllowed ? record.State : ReportState.Skipped });
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
}
