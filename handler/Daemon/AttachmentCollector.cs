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
    {
        List<string> names = [];
        foreach (string path in paths)
        {
            try
            {
                using FileDescriptor file = guest is { } user ? OpenAs(user, processId, path) : Open(processId, path);
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
    private static FileDescriptor OpenAs(Libc.UCred guest, int processId, string path)
    {
        using ActingUser acting = new(guest.Uid, guest.Gid);
        return Open(processId, path);
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
