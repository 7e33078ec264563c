using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Daemon;

/// <summary>Who a client is: a pid alone is used again after a death.</summary>
/// <param name="ProcessId">Its pid.</param>
/// <param name="StartTime">When it was created (GetProcessTimes): 100 ns since 1601, UTC.</param>
internal readonly record struct ClientIdentity(int ProcessId, ulong StartTime)
{
    /// <summary>When it was started; of one that was gone, long ago.</summary>
    public DateTimeOffset Started => DateTimeOffset.FromFileTime((long)StartTime);

    /// <summary>Who has a pid now. Of one that is gone the start time is 0, which no process has that can be captured.</summary>
    public static ClientIdentity Of(int processId)
    {
        try
        {
            using FileDescriptor process = ProcessFacts.Open(processId);
            return new ClientIdentity(processId, ProcessFacts.StartTime(process));
        }
        catch (SyscallException)
        {
            return new ClientIdentity(processId, 0);
        }
    }
}
