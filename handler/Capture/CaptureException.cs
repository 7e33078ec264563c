namespace CrashHandler.Handler.Capture;

/// <summary>There is nothing to capture: the process is gone, or its pid is another process's by now.</summary>
internal sealed class CaptureException : Exception
{
    public CaptureException(CaptureStep step, int processId, string reason, Exception? cause = null)
        : base($"Capture of process {processId} failed at {step}: {reason}", cause)
    {
        Step = step;
        ProcessId = processId;
        Reason = reason;
    }

    /// <summary>Where it ended.</summary>
    public CaptureStep Step { get; }

    /// <summary>Pid in the handler's pid namespace.</summary>
    public int ProcessId { get; }

    /// <summary>Why, in words.</summary>
    public string Reason { get; }
}
