namespace CrashHandler.Handler.Reports;

/// <summary>How a process ended that nobody could look at, and what was last known of it. Memory in bytes.</summary>
internal sealed record ReportEnd
{
    /// <summary>Its status as wait(2) has it; null: the kernel did not tell.</summary>
    public int? WaitStatus { get; init; }

    /// <summary>Processes of its memory cgroup that the kernel killed for want of memory, in the last 10 to 20 s of its life; null: nobody counts.</summary>
    public long? OomKills { get; init; }

    /// <summary>Its memory cgroup's directory; null: it had none.</summary>
    public string? Cgroup { get; init; }

    /// <summary>What that may take; null: as much as there is, or it cannot be read.</summary>
    public long? CgroupLimit { get; init; }

    /// <summary>What it took when the process was dead; null: it cannot be read.</summary>
    public long? CgroupUse { get; init; }

    /// <summary>The most that it took; null: it cannot be read.</summary>
    public long? CgroupPeak { get; init; }

    /// <summary>The process's resident memory; null: it was never looked at.</summary>
    public long? Resident { get; init; }

    /// <summary>The most of it.</summary>
    public long? ResidentPeak { get; init; }

    /// <summary>What of it was in swap.</summary>
    public long? Swapped { get; init; }

    /// <summary>How old these three were when it was dead, in seconds.</summary>
    public double? MemoryAge { get; init; }

    /// <summary>From -1,000 to 1,000: how much rather than others the kernel was to kill it for want of memory.</summary>
    public int? OomScoreAdjust { get; init; }
}
