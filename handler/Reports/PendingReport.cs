using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Reports;

/// <summary>A report being made, claimed for this handler alone, until <see cref="Commit"/> makes it one. Disposed of without, it leaves nothing.</summary>
internal sealed class PendingReport(ReportDatabase database, Guid id, NewDump dump, Action<FilingStep> passed) : IDisposable
{
    private bool _isFinished;

    /// <summary>The report's id.</summary>
    public Guid Id { get; } = id;

    /// <summary>Copies a file into the report.</summary>
    /// <param name="source">The open file.</param>
    /// <param name="path">What the application calls it.</param>
    /// <param name="progress">Called now and then.</param>
    /// <returns>Its name, for <see cref="ReportRecord.Attachments"/>.</returns>
    /// <exception cref="IOException">It is no file, is too long, or cannot be read or copied.</exception>
    /// <exception cref="SyscallException">The copy cannot be made.</exception>
    public string Attach(FileDescriptor source, string path, Action progress)
        => AttachmentCopy.Copy(source, path, database.CreateAttachments(Id.ToString()), progress);

    /// <summary>
    /// Makes it a report. The record comes first, so that a finished dump always has one: if this handler ends after that, another one files it.
    /// </summary>
    /// <param name="record">The record; its state is set to skipped when uploads are off.</param>
    /// <param name="write">Writes the dump, its signature last, and flushes before that and after it.</param>
    /// <exception cref="SyscallException">The disk failed; nothing is left but what a sweep finds.</exception>
    /// <exception cref="IOException">Likewise.</exception>
    public void Commit(ReportRecord record, Action<Stream> write)
    {
        ReportRecord decided = AreUploadsOff() ? record with { State = ReportState.Skipped } : record;
        database.Prepare(decided);
        passed(FilingStep.RecordWritten);
        using (DumpStream stream = new(dump.File, () => passed(FilingStep.DumpWriting)))
        {
            write(stream);
            stream.Flush();
        }

        _isFinished = true;
        passed(FilingStep.DumpFinished);
        database.File(decided, passed);
    }

    public void Dispose()
    {
        // A finished one that could not be moved is filed by the next sweep.
        if (!_isFinished)
        {
            database.Discard(Id.ToString());
        }

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
