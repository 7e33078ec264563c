using CrashHandler.Handler.Capture;
using CrashHandler.Handler.Capture.Linux;
using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Daemon;

/// <summary>
/// What is known of a client's process while it lives: of one that was killed nothing can be asked. Sampled on the event loop's thread; when the process is gone, it changes no more.
/// </summary>
internal sealed class LastKnown
{
    private readonly int _processId;
    private readonly uint _user;
    private bool _mayChangeUser = true;
    private readonly TimeProvider _time;
    private MemoryUse? _before;

    private LastKnown(int processId, uint user, TimeProvider time)
    {
        _processId = processId;
        _user = user;
        _time = time;
        OwnId = processId;
    }

    /// <summary>Where its environment began when it connected, which tells its program from a later one; 0: unknown. See <see cref="ProcStatFields.EnvironmentStart"/>.</summary>
    public ulong EnvironmentStart { get; private set; }

    /// <summary>Its pid as it sees itself.</summary>
    public int OwnId { get; private set; }

    /// <summary>Absolute path of its program; empty: it cannot be read.</summary>
    public string Executable { get; private set; } = "";

    /// <summary>What its environment said of its kind; see <see cref="UnsaidProcessType"/>.</summary>
    public string ProcessType { get; private set; } = UnsaidProcessType.Child;

    /// <summary>Whether its paths are the handler's: it has the same root and the same mounts.</summary>
    public bool SharesPaths { get; private set; }

    /// <summary>It became another user's, as servers do that give up root. What it says is not the handler's user's any more: it is not reported.</summary>
    public bool IsAnothers { get; private set; }

    /// <summary>Whether it certainly was the handler's user's to its end: only then are files opened because it said so.</summary>
    public bool IsOwnToTheEnd { get; private set; }

    /// <summary>Its memory cgroup; null: it has none.</summary>
    public MemoryCgroup? Cgroup { get; private set; }

    /// <summary>The last sample; null: there was none.</summary>
    public MemoryUse? Memory { get; private set; }

    /// <summary>Age of the last sample.</summary>
    public TimeSpan? MemoryAge => Memory is { } memory ? _time.GetElapsedTime(memory.Timestamp) : null;

    /// <summary>
    /// Processes of its cgroup that the kernel killed for want of memory in the last ten to twenty seconds, since the sample before the last: whoever was killed an hour ago was another one,
    /// and a process with much memory may take longer to die than one sample is old. Null: nobody counts.
    /// </summary>
    public long? OomKills() => (_before ?? Memory)?.OomKills is { } before && Cgroup?.OomKills is { } now ? Math.Max(now - before, 0) : null;

    /// <summary>Looks at a process that has just connected.</summary>
    /// <param name="processId">Its pid.</param>
    /// <param name="user">The handler's user, whose it must be.</param>
    /// <param name="time">The clock.</param>
    public static LastKnown Of(int processId, uint user, TimeProvider time)
    {
        LastKnown known = new(processId, user, time);
        try
        {
            known.Executable = ProcFs.ReadLink($"/proc/{processId}/exe");
            known.OwnId = ProcStatus.NamespacePids(ProcFs.Read($"/proc/{processId}/status", CaptureLimits.StatusBytes, out _)) is [.., int own] ? own : processId;
            known.ProcessType = UnsaidProcessType.Read(processId, known.OwnId);
            known.SharesPaths = ProcFs.ReadLink($"/proc/{processId}/ns/mnt") == ProcFs.ReadLink("/proc/self/ns/mnt") && ProcFs.ReadLink($"/proc/{processId}/root") == ProcFs.ReadLink("/proc/self/root");
        }
        catch (SyscallException)
        {
            // It does not let itself be looked at (not dumpable), or is gone: what is known is what it says itself.
        }

        try
        {
            known.EnvironmentStart = ProcStat.Read($"/proc/{processId}/stat").EnvironmentStart;
        }
        catch (Exception gone) when (gone is SyscallException or InvalidDataException)
        {
            // Gone, or hidden: then its program is not told from another one.
        }

        try
        {
            known.Cgroup = MemoryCgroup.OfProcess(processId);
        }
        catch (SyscallException)
        {
            // Likewise: then nobody counts.
        }

        known.Sample();
        return known;
    }

    /// <summary>Looks again.</summary>
    public void Sample()
    {
        SeeOwner();
        if (MemoryUse.Read(_processId, Cgroup, _time) is { } now)
        {
            _before = Memory;
            Memory = now;
        }
    }

    /// <summary>Looks for the last time, when its connections have ended and when it has: whoever is on his way out changes no more.</summary>
    /// <param name="startTime">Tells it from a later one of its pid.</param>
    public void SeeEnd(ulong startTime)
    {
        bool isSeen = SeeOwner();
        try
        {
            isSeen = isSeen && ProcStat.ReadStartTime(_processId) == startTime;
        }
        catch (Exception gone) when (gone is SyscallException or InvalidDataException)
        {
            isSeen = false;
        }

        // One that could not become another user's needs not be seen.
        IsOwnToTheEnd = !IsAnothers && (isSeen || !_mayChangeUser);
    }

    private bool SeeOwner()
    {
        Span<byte> buffer = stackalloc byte[CaptureLimits.StatusBytes];
        try
        {
            ReadOnlySpan<byte> status = buffer[..ProcFs.ReadShort($"/proc/{_processId}/status", buffer)];
            IsAnothers |= !ProcStatus.BelongsTo(status, _user);
            _mayChangeUser = ProcStatus.MayChangeUser(status);
            return true;
        }
        catch (SyscallException)
        {
            // Gone, or hidden.
            return false;
        }
    }
}
