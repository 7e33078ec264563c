using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Reports;

namespace CrashHandler.Handler.Daemon;

/// <summary>Collects the files that a dying process wants sent with its report. Nothing of them is worth the report: what cannot be had is said in it.</summary>
internal static class AttachmentCollector
{
    /// <summary>Copies them.</summary>
    /// <param name="report">The report.</param>
    /// <param name="processId">The process, which is still there: its paths are meant as it sees them.</param>
    /// <param name="guest">Whose rights count, if not this handler's own; null: those.</param>
    /// <param name="paths">Absolute paths.</param>
    /// <param name="progress">Called now and then.</param>
    /// <param name="problems">Takes what cannot be had, in words.</param>
    /// <returns>Names for <see cref="ReportRecord.Attachments"/>.</returns>
    public static IReadOnlyList<string> Collect(PendingReport report, int processId, Libc.UCred? guest, IEnumerable<string> paths, Action progress, List<string> problems)
        => Collect(report, paths, progress, problems, path => As(guest, () => Open(processId, path)));

    /// <summary>As above, of a process that is gone, and its root with it.</summary>
    /// <param name="report">The report.</param>
    /// <param name="known">Of a process with another root or other mounts its paths mean other files here; of one that may have become another user's, files that he may not read: none is taken.</param>
    /// <param name="guest">Whose rights count, if not this handler's own; null: those.</param>
    /// <param name="paths">Absolute paths.</param>
    /// <param name="progress">Called now and then.</param>
    /// <param name="problems">Takes what cannot be had, in words.</param>
    /// <returns>Names for <see cref="ReportRecord.Attachments"/>.</returns>
    public static IReadOnlyList<string> CollectOfDead(PendingReport report, LastKnown known, Libc.UCred? guest, IEnumerable<string> paths, Action progress, List<string> problems)
        => Collect(report, paths, progress, problems, path => !known.IsOwnToTheEnd ? throw new IOException("its process is gone, and nobody saw whose it was at its end")
            : !known.SharesPaths ? throw new IOException("its process is gone, and had another root or other mounts")
            : As(guest, () => DurableFile.OpenThroughLinks(path)));

    private static List<string> Collect(PendingReport report, IEnumerable<string> paths, Action progress, List<string> problems, Func<string, FileDescriptor> open)
    {
        List<string> names = [];
        foreach (string path in paths)
        {
            try
            {
                using FileDescriptor file = open(path);
                names.Add(report.Attach(file, path, progress));
            }
            catch (Exception missing) when (missing is SyscallException or IOException or UnauthorizedAccessException)
            {
                problems.Add($"attachment {path}: {missing.Message}");
            }
        }

        return names;
    }

    // root may read what the process's user may not.
    private static FileDescriptor As(Libc.UCred? guest, Func<FileDescriptor> open)
    {
        if (guest is not { } user)
        {
            return open();
        }

        using ActingUser acting = new(user.Uid, user.Gid);
        return open();
    }

    // Its root may be another one than ours. Where that cannot be looked into, it is ours: who has changed his root is no process that we are not allowed to look into.
    private static FileDescriptor Open(int processId, string path)
    {
        try
        {
            return DurableFile.OpenThroughLinks($"/proc/{processId}/root{path}");
        }
        catch (SyscallException closed) when (closed.Errno == Libc.EACCES)
        {
            return DurableFile.OpenThroughLinks(path);
        }
    }
}
