namespace CrashHandler.Handler.Daemon;

/// <summary>What of the daemon's limits is Linux's.</summary>
internal static partial class DaemonLimits
{
    /// <summary>A capture that reports nothing for this long is stuck, and its victim with it: the handler ends itself.</summary>
    public static readonly TimeSpan CaptureWatchdog = TimeSpan.FromSeconds(10);
}
