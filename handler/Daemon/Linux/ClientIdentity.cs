using CrashHandler.Handler.Capture.Linux;
using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Daemon;

/// <summary>Who a client is: a pid alone is used again after a death.</summary>
/// <param name="ProcessId">Pid in the handler's namespace.</param>
/// <param name="StartTime">Field 22 of /proc/PID/stat, clock ticks since boot.</param>
internal readonly record struct ClientIdentity(int ProcessId, ulong StartTime)
{
    /// <summary>When it was started.</summary>
    public DateTimeOffset Started => Machine.BootTime() + TimeSpan.FromSeconds(StartTime / (double)ProcStat.TicksPerSecond);

    /// <summary>
    /// Who has a pid now. Of one that is gone the start time is 0, which no process has that can be captured: what is known of it is its notice, and a process
    /// that gets its pid is never taken for it.
    /// </summary>
    public static ClientIdentity Of(int processId)
    {
        try
        {
            return new ClientIdentity(processId, ProcStat.ReadStartTime(processId));
        }
        catch (Exception gone) when (gone is SyscallException or InvalidDataException)
        {
            return new ClientIdentity(processId, 0);
        }
    }
}
