using System.Globalization;
using CrashHandler.Handler.Capture;
using CrashHandler.Handler.Reports;

namespace CrashHandler.Handler.Cli;

/// <summary>The end of a process without a dump, in words for people.</summary>
internal static class EndWords
{
    private const double BytesOfMebibyte = 1 << 20;

    /// <summary>Why there is no dump.</summary>
    public const string NoDump = $"none: {Gone}";

    /// <summary>Why nothing else is known of it.</summary>
    public const string Gone = "the process was gone before anything could be read of it";

    /// <summary>How it ended, as far as the kernel told.</summary>
    public static string Status(ReportEnd end) => end.WaitStatus is { } status
        ? string.Create(CultureInfo.InvariantCulture, $"killed by signal {new WaitStatus(status).EndSignal}, as the kernel told")
        : "the kernel did not tell; it counted that it killed for want of memory";

    /// <summary>What it last took of memory; null: nobody looked.</summary>
    public static string? Memory(ReportEnd end) => end.Resident is not { } resident ? null
        : string.Create(CultureInfo.InvariantCulture, $"{Size(resident)} resident, {Size(end.ResidentPeak)} at most, {Size(end.Swapped)} in swap, {end.MemoryAge:0.0} s before its end; oom_score_adj {end.OomScoreAdjust}");

    /// <summary>What its cgroup says; null: it had none.</summary>
    public static string? Cgroup(ReportEnd end) => end.Cgroup is not { } cgroup ? null
        : string.Create(CultureInfo.InvariantCulture, $"{end.OomKills ?? 0} killed for want of memory just before; {Size(end.CgroupUse)} in use, {Size(end.CgroupPeak)} at most, {(end.CgroupLimit is { } limit ? $"limit {Size(limit)}" : "no limit")}; {cgroup}");

    private static string Size(long? bytes) => bytes is { } known ? string.Create(CultureInfo.InvariantCulture, $"{known / BytesOfMebibyte:0.0} MiB") : "unknown";
}
