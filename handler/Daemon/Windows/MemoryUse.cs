using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Daemon;

/// <summary>What a living process took of memory at one moment, in bytes.</summary>
/// <param name="timestamp">When.</param>
internal sealed class MemoryUse(long timestamp)
{
    public long Timestamp { get; } = timestamp;

    /// <summary>Its working set.</summary>
    public long Resident { get; private init; }

    /// <summary>The most of it.</summary>
    public long Peak { get; private init; }

    /// <summary>Reads it; null: the process is dying, or gone.</summary>
    public static MemoryUse? Read(int pid, TimeProvider time)
    {
        try
        {
            using FileDescriptor process = ProcessFacts.Open(pid);
            ProcessFacts.MemoryCounters counters = ProcessFacts.Memory(process);
            // Without its memory it is no process that lives.
            return counters.WorkingSet == 0 ? null : new MemoryUse(time.GetTimestamp()) { Resident = (long)counters.WorkingSet, Peak = (long)counters.PeakWorkingSet };
        }
        catch (SyscallException)
        {
            // What was known before stays the last that is known.
            return null;
        }
    }
}
