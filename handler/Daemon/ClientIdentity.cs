namespace CrashHandler.Handler.Daemon;

/// <summary>Who a client is: a pid alone is used again after a death.</summary>
/// <param name="ProcessId">Pid in the handler's namespace.</param>
/// <param name="StartTime">Field 22 of /proc/PID/stat, clock ticks since boot.</param>
internal readonly record struct ClientIdentity(int ProcessId, ulong StartTime);
