using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Daemon;

/// <summary>
/// What is known of a client's process while it lives: of one that was killed nothing can be asked. Sampled on the event loop's thread; when the process is gone, it changes no more. Its handle,
/// which the handler holds, keeps its pid from being another's.
/// </summary>
internal sealed class LastKnown
{
    private readonly TimeProvider _time;

    private LastKnown(int processId, TimeProvider time)
    {
        OwnId = processId;
        _time = time;
    }

    /// <summary>Its pid.</summary>
    public int OwnId { get; }

    /// <summary>Absolute path of its program; empty: it cannot be read.</summary>
    public string Executable { get; private set; } = "";

    /// <summary>Of a process that registers none; see <see cref="UnsaidProcessType"/>.</summary>
    public string ProcessType { get; } = UnsaidProcessType.Child;

    /// <summary>No process changes its user here.</summary>
    public bool IsAnothers => false;

    /// <summary>The last sample; null: there was none.</summary>
    public MemoryUse? Memory { get; private set; }

    /// <summary>Age of the last sample.</summary>
    public TimeSpan? MemoryAge => Memory is { } memory ? _time.GetElapsedTime(memory.Timestamp) : null;

    /// <summary>Null: the system kills nobody for want of memory.</summary>
    public long? OomKills() => null;

    /// <summary>Looks at a process that has just connected.</summary>
    /// <param name="processId">Its pid.</param>
    /// <param name="user">The handler's user, whose it is.</param>
    /// <param name="time">The clock.</param>
    public static LastKnown Of(int processId, uint user, TimeProvider time)
    {
        LastKnown known = new(processId, time);
        try
        {
            using FileDescriptor process = ProcessFacts.Open(processId);
            known.Executable = ProcessFacts.Program(process);
        }
        catch (SyscallException)
        {
            // Gone: what is known is what it says itself.
        }

        known.Sample();
        return known;
    }

    /// <summary>Looks again.</summary>
    public void Sample() => Memory = MemoryUse.Read(OwnId, _time) ?? Memory;

    /// <summary>There is nothing that could have changed.</summary>
    /// <param name="startTime">Tells it from a later one of its pid.</param>
    public void SeeEnd(ulong startTime)
    {
    }
}
