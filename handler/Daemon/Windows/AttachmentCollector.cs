using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Reports;

namespace CrashHandler.Handler.Daemon;

/// <summary>Collects the files that a dying process wants sent with its report. Nothing of them is worth the report: what cannot be had is said in it.</summary>
internal static class AttachmentCollector
{
    // Devices and pipes, which may keep their reader waiting for ever; by the others, all that the system has a name for. Only a drive's files are asked for so.
    private const string DevicePrefix = @"\\.\", RawPrefix = @"\\?\", NativePrefix = @"\??\";
    private const string NoFile = "it is no file";

    /// <summary>Copies them.</summary>
    /// <param name="report">The report.</param>
    /// <param name="paths">Absolute paths.</param>
    /// <param name="progress">Called now and then.</param>
    /// <param name="problems">Takes what cannot be had, in words.</param>
    /// <returns>Names for <see cref="ReportRecord.Attachments"/>.</returns>
    public static IReadOnlyList<string> Collect(PendingReport report, IEnumerable<string> paths, Action progress, List<string> problems)
    {
        List<string> names = [];
        foreach (string path in paths)
        {
            try
            {
                names.Add(Copy(report, path, progress));
            }
            catch (Exception missing) when (missing is SyscallException or IOException or UnauthorizedAccessException)
            {
                problems.Add($"attachment {path}: {missing.Message}");
            }
        }

        return names;
    }

    /// <summary>As above, of a process that is gone: its paths mean the same without it.</summary>
    /// <param name="report">The report.</param>
    /// <param name="known">What was known of it.</param>
    /// <param name="guest">Always null: there is one user only.</param>
    /// <param name="paths">Absolute paths.</param>
    /// <param name="progress">Called now and then.</param>
    /// <param name="problems">Takes what cannot be had, in words.</param>
    /// <returns>Names for <see cref="ReportRecord.Attachments"/>.</returns>
    public static IReadOnlyList<string> CollectOfDead(PendingReport report, LastKnown known, Libc.UCred? guest, IEnumerable<string> paths, Action progress, List<string> problems)
        => Collect(report, paths, progress, problems);

    // On a thread of its own: a share that is gone keeps whoever opens or reads it waiting, for longer than the watchdog does. One that is left behind ends when the system answers it.
    private static string Copy(PendingReport report, string path, Action progress)
    {
        long lastAnswer = Environment.TickCount64;
        bool isGivenUp = false;
        IOException late = new($"it did not answer within {DaemonLimits.AttachmentAnswer.TotalSeconds:0} s");
        Task<string> copy = Task.Factory.StartNew(Attach, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        progress();
        while (Task.WaitAny([copy], DaemonLimits.AttachmentSign) < 0)
        {
            if (Environment.TickCount64 - Volatile.Read(ref lastAnswer) > DaemonLimits.AttachmentAnswer.TotalMilliseconds)
            {
                Volatile.Write(ref isGivenUp, true);
                throw late;
            }

            progress();
        }

        progress();
        return copy.GetAwaiter().GetResult();

        string Attach()
        {
            using FileDescriptor file = Open(path);
            if (!Libc.IsOnDisk(file.Number))
            {
                throw new IOException(NoFile);
            }

            Answered();
            return report.Attach(file, path, Answered);
        }

        void Answered()
        {
            if (Volatile.Read(ref isGivenUp))
            {
                throw late;
            }

            Volatile.Write(ref lastAnswer, Environment.TickCount64);
        }
    }

    private static FileDescriptor Open(string path)
        => !Path.IsPathFullyQualified(path) ? throw new IOException("it is no absolute path")
            : !MayBeFile(Path.GetFullPath(path)) ? throw new IOException(NoFile)
            : DurableFile.OpenThroughLinks(path);

    private static bool MayBeFile(string path)
        => path.StartsWith(RawPrefix, StringComparison.Ordinal) ? path.Length > RawPrefix.Length + 1 && char.IsAsciiLetter(path[RawPrefix.Length]) && path[RawPrefix.Length + 1] == ':'
            : !path.StartsWith(DevicePrefix, StringComparison.Ordinal) && !path.StartsWith(NativePrefix, StringComparison.Ordinal);
}
