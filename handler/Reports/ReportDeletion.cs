using System.Diagnostics;
using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Reports;

/// <summary>
/// Takes reports away. Any process begins a deletion: the record moves to <c>deletions/</c>, and the report is none any more. The holder of the upload lock ends it, now or later.
/// </summary>
/// <param name="database">Whose reports.</param>
/// <param name="passed">Told of each step.</param>
internal sealed class ReportDeletion(ReportDatabase database, Action<DeletionStep>? passed = null)
{
    // One that moves meanwhile goes from one of them to the other.
    private static readonly string[] s_places = [.. ReportDatabase.FiledNames, ReportDatabase.PendingName];

    private string Directory => Path.Combine(database.Path, ReportDatabase.DeletionsName);

    /// <summary>Begins the deletion of reports; what is gone already counts as deleted.</summary>
    /// <param name="ids">Theirs.</param>
    /// <returns>Those that are made or sent now: they stay.</returns>
    /// <exception cref="SyscallException">The disk failed: those before it are begun.</exception>
    public List<string> Begin(IEnumerable<string> ids)
    {
        ReportDatabase.CreateOwn(Directory);
        List<string> inUse = [];
        bool isBegun = false;
        // For all of them together: a process may wait for its report to be sent.
        long began = Stopwatch.GetTimestamp();
        try
        {
            foreach (string id in ids)
            {
                if (database.Find(id) is not { } report)
                {
                    continue;
                }

                if (database.IsInUse(report, ReportsLimits.UsePatience - Stopwatch.GetElapsedTime(began)))
                {
                    inUse.Add(id);
                }
                else
                {
                    isBegun |= BeginOne(id);
                }
            }
        }
        finally
        {
            if (isBegun)
            {
                // Before anything else of them goes: what is left of a report after a power cut must say that it is to go.
                DurableFile.SyncDirectory(Directory);
                SyncReports();
                passed?.Invoke(DeletionStep.Stored);
            }
        }

        return inUse;
    }

    /// <summary>Ends the deletions that were begun, by whomever. Only for the holder of the upload lock.</summary>
    /// <param name="tell">Told of what cannot be removed now; it is tried again.</param>
    /// <exception cref="SyscallException">The disk failed.</exception>
    public void End(Action<string>? tell = null)
    {
        List<string> removed = [];
        foreach (string path in Begun())
        {
            ReportDatabase.Attempt(
                path,
                () =>
                {
                    RemoveFiles(Path.GetFileName(path));
                    removed.Add(path);
                },
                tell);
        }

        if (removed.Count == 0)
        {
            return;
        }

        SyncReports();
        passed?.Invoke(DeletionStep.FilesRemoved);
        foreach (string path in removed)
        {
            DurableFile.Remove(path);
            passed?.Invoke(DeletionStep.Ended);
        }
    }

    /// <summary>Deletes reports for somebody who has not the upload lock, as far as can be now.</summary>
    /// <param name="ids">Theirs.</param>
    /// <param name="tell">Told of what cannot be removed now.</param>
    /// <param name="hasEnded">Whether their room is back; else it comes back when the handler that uploads has looked.</param>
    /// <returns>Those that are made or sent now: they stay.</returns>
    /// <exception cref="SyscallException">The disk failed.</exception>
    public List<string> Delete(IEnumerable<string> ids, Action<string> tell, out bool hasEnded)
    {
        using FileDescriptor? uploads = database.TryLockUploads();
        List<string> inUse = Begin(ids);
        if (uploads is not null)
        {
            End(tell);
        }

        hasEnded = WaitForEnd();
        return inUse;
    }

    /// <summary>Waits a little for who holds the upload lock.</summary>
    /// <returns>Whether no deletion is left that was begun.</returns>
    public bool WaitForEnd()
    {
        long began = Stopwatch.GetTimestamp();
        bool hasEnded;
        while (!(hasEnded = Begun().Count == 0) && Stopwatch.GetElapsedTime(began) < ReportsLimits.DeletionPatience)
        {
            Thread.Sleep(ReportsLimits.DeletionLook);
        }

        return hasEnded;
    }

    /// <summary>Whether a report's deletion was begun and is not ended.</summary>
    public bool IsBegun(string id) => File.Exists(Path.Combine(Directory, id));

    // In mind at once: what is enumerated must not change meanwhile.
    private List<string> Begun()
    {
        List<string> begun = [];
        foreach (string path in System.IO.Directory.Exists(Directory) ? System.IO.Directory.EnumerateFiles(Directory) : [])
        {
            if (Guid.TryParseExact(Path.GetFileName(path), "D", out _))
            {
                begun.Add(path);
            }
        }

        return begun;
    }

    private bool BeginOne(string id)
    {
        bool isBegun = false;
        foreach (string place in s_places)
        {
            try
            {
                DurableFile.Rename(database.FilePath(place, id, ReportDatabase.RecordExtension), Path.Combine(Directory, id));
                isBegun = true;
                passed?.Invoke(DeletionStep.Begun);
            }
            catch (SyscallException elsewhere) when (elsewhere.Errno == Libc.ENOENT)
            {
                // In the other place, or gone.
            }
        }

        return isBegun;
    }

    private void RemoveFiles(string id)
    {
        // An uploader that was at it may have stored the record once more.
        RemoveFiled(id, ReportDatabase.RecordExtension);
        RemoveFiled(id, ReportDatabase.RecordExtension + DurableFile.TemporarySuffix);
        RemoveFiled(id, ReportDatabase.DumpExtension);
        passed?.Invoke(DeletionStep.DumpRemoved);
        RemoveFiled(id, ReportDatabase.StacksExtension);
        passed?.Invoke(DeletionStep.StacksRemoved);
        database.RemoveHeapDump(id);
        passed?.Invoke(DeletionStep.HeapDumpRemoved);
        database.RemoveAttachments(id);
        passed?.Invoke(DeletionStep.AttachmentsRemoved);
        DurableFile.Remove(Path.Combine(database.Path, ReportDatabase.RequestsName, id));
        passed?.Invoke(DeletionStep.RequestRemoved);
    }

    private void RemoveFiled(string id, string extension)
    {
        foreach (string directory in ReportDatabase.FiledNames)
        {
            DurableFile.Remove(database.FilePath(directory, id, extension));
        }
    }

    private void SyncReports()
    {
        foreach (string directory in ReportDatabase.FiledNames)
        {
            DurableFile.SyncDirectory(Path.Combine(database.Path, directory));
        }
    }
}
