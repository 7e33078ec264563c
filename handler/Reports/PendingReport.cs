using CrashHandler.Handler.Posix;
using Microsoft.Win32.SafeHandles;

namespace CrashHandler.Handler.Reports;

/// <summary>A report being made, claimed for this handler alone, until <see cref="Commit"/> makes it one. Disposed of without, it leaves nothing.</summary>
internal sealed class PendingReport(ReportDatabase database, Guid id, NewDump dump, Action<FilingStep> passed) : IDisposable
{
    private ReportRecord? _record;
    private FileDescriptor? _recordFile;
    private FileDescriptor? _stacksFile;
    private Func<ReportRecord, ReportRecord>? _amend;
    private bool _isFinished;

    /// <summary>The report's id.</summary>
    public Guid Id { get; } = id;

    /// <summary>Its dump's path, while it is made.</summary>
    public string DumpPath => dump.Path;

    /// <summary>Copies a file into the report.</summary>
    /// <param name="source">The open file.</param>
    /// <param name="path">What the application calls it.</param>
    /// <param name="progress">Called now and then.</param>
    /// <returns>Its name, for <see cref="ReportRecord.Attachments"/>.</returns>
    /// <exception cref="IOException">It is no file, is too long, or cannot be read or copied.</exception>
    /// <exception cref="SyscallException">The copy cannot be made.</exception>
    public string Attach(FileDescriptor source, string path, Action progress)
        => AttachmentCopy.Copy(source, path, database.CreateAttachments(Id.ToString()), progress);

    /// <summary>Makes it a report: <see cref="Write"/> and <see cref="File"/>.</summary>
    public void Commit(ReportRecord record, Action<Stream> write, Func<ReportRecord, ReportRecord>? amend = null)
    {
        Write(record, write);
        File(amend);
    }

    /// <summary>
    /// Writes record and dump. The record comes first, so that a whole dump always has one: if this handler ends after that, another one files it.
    /// </summary>
    /// <param name="record">The record; its state is set to skipped when uploads are off.</param>
    /// <param name="write">Writes the dump, its signature last.</param>
    /// <exception cref="SyscallException">The disk failed; nothing is left but what a sweep finds.</exception>
    /// <exception cref="IOException">Likewise.</exception>
    public void Write(ReportRecord record, Action<Stream> write)
    {
        _record = AreUploadsOff() ? record with { State = ReportState.Skipped } : record;
        _recordFile = database.Prepare(_record);
        passed(FilingStep.RecordWritten);
        using DumpStream stream = new(dump.File, dump.Path, () => passed(FilingStep.DumpWriting));
        write(stream);
        passed(FilingStep.DumpWritten);
    }

    /// <summary>
    /// Adds the document of stacks to the report: a stream of its dump, and a file beside it. The dump comes first, and is whole at any moment: if this handler ends
    /// meanwhile, another one files what is there.
    /// </summary>
    /// <param name="document">Its bytes.</param>
    /// <param name="append">Appends them to the dump as a stream; told what to call after each of its writes. Answers with the dump's length.</param>
    /// <exception cref="SyscallException">The disk failed; the report is whole without it.</exception>
    /// <exception cref="IOException">Likewise.</exception>
    public void AddStacks(ReadOnlyMemory<byte> document, Func<SafeFileHandle, Action, long> append)
    {
        using (SafeFileHandle handle = new(dump.File.Number, ownsHandle: false))
        {
            long length = append(handle, () => passed(FilingStep.StacksWriting));
            Amend(record => record with { DumpBytes = length });
        }

        passed(FilingStep.StacksWritten);
        _stacksFile = database.PrepareStacks(Id.ToString(), document.Span);
        passed(FilingStep.StacksStored);
    }

    /// <summary>Changes the record; that is stored by <see cref="File"/>, when what it says of the dump is on the disk.</summary>
    public void Amend(Func<ReportRecord, ReportRecord> amend)
    {
        Func<ReportRecord, ReportRecord>? before = _amend;
        _amend = before is null ? amend : record => amend(before(record));
    }

    /// <summary>Puts what was written on the disk, and in its place.</summary>
    /// <param name="amend">Told that the dump is safe; what it changes in the record is filed with it. Null: nothing is to be done in between.</param>
    /// <exception cref="InvalidOperationException">Nothing was written.</exception>
    /// <exception cref="SyscallException">The disk failed; what a sweep finds, it files.</exception>
    public void File(Func<ReportRecord, ReportRecord>? amend = null)
    {
        if (_record is null || _recordFile is null)
        {
            throw new InvalidOperationException("a report is written before it is filed");
        }

        DurableFile.Sync(dump.File, "dump");
        if (_stacksFile is not null)
        {
            DurableFile.Sync(_stacksFile, "stacks");
        }

        DurableFile.Sync(_recordFile, "record");
        // Windows replaces no file that is open.
        _recordFile.Dispose();
        ReportRecord record = _amend is null ? _record : Store(_record, _amend(_record));
        _isFinished = true;
        passed(FilingStep.DumpFinished);
        database.File(amend is null ? record : Store(record, amend(record)), passed);
    }

    private ReportRecord Store(ReportRecord record, ReportRecord amended)
    {
        try
        {
            using FileDescriptor file = database.Prepare(amended);
            DurableFile.Sync(file, "record");
            return amended;
        }
        catch (SyscallException)
        {
            // A full disk, by what was done in between, most likely. The report is worth more than what is to be said of that, which the log has too.
            return record;
        }
    }

    public void Dispose()
    {
        // A finished one that could not be moved is filed by the next sweep.
        if (!_isFinished)
        {
            database.Discard(Id.ToString());
        }

        _stacksFile?.Dispose();
        _recordFile?.Dispose();
        dump.Dispose();
    }

    private bool AreUploadsOff()
    {
        try
        {
            return database.Settings.UploadPermission == UploadPermission.Off;
        }
        catch (Exception unreadable) when (unreadable is DatabaseException or SyscallException)
        {
            // The report is worth more than the answer: it waits, and the queue asks again before it sends anything.
            return false;
        }
    }
}
