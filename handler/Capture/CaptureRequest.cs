using CrashHandler.Protocol;

namespace CrashHandler.Handler.Capture;

/// <summary>Which process to capture, and what it said of itself.</summary>
internal sealed record CaptureRequest
{
    /// <summary>Pid in the handler's pid namespace.</summary>
    public required int ProcessId { get; init; }

    /// <summary>Field 22 of /proc/PID/stat in clock ticks, as read when its connection was accepted: with the pid, who it is.</summary>
    public required ulong StartTime { get; init; }

    /// <summary>The <see cref="CrashNotice"/>, 1,672 bytes, parsed once already.</summary>
    public required byte[] Notice { get; init; }
}
