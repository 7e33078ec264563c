using CrashHandler.Protocol;

namespace CrashHandler.Handler.Capture;

/// <summary>Which process to capture, what it said of itself, and how to ask it for more.</summary>
internal sealed record CaptureRequest
{
    /// <summary>Pid in the handler's pid namespace.</summary>
    public required int ProcessId { get; init; }

    /// <summary>Field 22 of /proc/PID/stat in clock ticks, as read when its connection was accepted: with the pid, who it is.</summary>
    public required ulong StartTime { get; init; }

    /// <summary>
    /// The <see cref="CrashNotice"/>, 1,672 bytes, parsed once already; null: the process lives on, and every thread of it is stopped.
    /// </summary>
    public byte[]? Notice { get; init; }

    /// <summary>Asks the process to open its memory itself, and waits for it; throws an <see cref="IOException"/> where there is no answer. Null: it cannot be asked.</summary>
    public Func<Linux.HandedFiles>? AskForMemory { get; init; }

    /// <summary>Whether stacks and registers are sanitized; see <see cref="StackSanitizer"/>.</summary>
    public bool SanitizeStacks { get; init; }

    /// <summary>Without a notice: tid of the thread that asked, as the process sees it; 0: none did.</summary>
    public int Requester { get; init; }

    /// <summary>Whether /proc/PID/environ goes into the report; secrets often stand there.</summary>
    public bool IncludeEnvironment { get; init; }
}
