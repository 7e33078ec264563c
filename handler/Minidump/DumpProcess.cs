namespace CrashHandler.Handler.Minidump;

/// <summary>The process, as the MiscInfo stream tells it; null where the stream does not say.</summary>
internal sealed record DumpProcess
{
    public uint? ProcessId { get; init; }
    public DateTimeOffset? StartTime { get; init; }
    public TimeSpan? UserTime { get; init; }
    public TimeSpan? KernelTime { get; init; }

    /// <summary>Minutes from local time to UTC.</summary>
    public int? TimeZoneBias { get; init; }

    /// <summary>Name of the time zone in winter.</summary>
    public string? TimeZone { get; init; }

    /// <summary>The system's build.</summary>
    public string? Build { get; init; }

    /// <summary>What wrote the dump.</summary>
    public string? Writer { get; init; }
}
