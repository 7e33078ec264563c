namespace CrashHandler.Handler.Capture.Linux;

/// <summary>What a traced thread is doing.</summary>
internal enum TraceeState
{
    /// <summary>Told to stop; it has not yet.</summary>
    Stopping,
    /// <summary>It stands still until detached.</summary>
    Stopped,
    /// <summary>It ended.</summary>
    Gone,
}
