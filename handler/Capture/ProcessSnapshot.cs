namespace CrashHandler.Handler.Capture;

/// <summary>
/// What a process was at one moment: pure data. The capture makes it, the minidump writer and the managed walk read it; it
/// holds nothing of the process and can outlive it.
/// </summary>
internal sealed record ProcessSnapshot : IDisposable
{
    /// <summary>Where the bytes of stacks and memory lie, if not on the collector's heap.</summary>
    public SnapshotMemory? Storage { get; init; }

    /// <summary>Pid as the process sees itself.</summary>
    public required int ProcessId { get; init; }

    /// <summary>When the snapshot was asked for: the time of the crash, UTC.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>When the process started, UTC.</summary>
    public required DateTimeOffset StartTime { get; init; }

    /// <summary>CPU time in user mode.</summary>
    public TimeSpan UserTime { get; init; }

    /// <summary>CPU time in the kernel.</summary>
    public TimeSpan KernelTime { get; init; }

    /// <summary>Absolute path of the executable.</summary>
    public string ExecutablePath { get; init; } = "";

    /// <summary>The machine.</summary>
    public required SystemSnapshot System { get; init; }

    /// <summary>What happened; null for a snapshot of a process that did not crash.</summary>
    public ExceptionSnapshot? Exception { get; init; }

    /// <summary>Threads, the crashed one first.</summary>
    public required IReadOnlyList<ThreadSnapshot> Threads { get; init; }

    /// <summary>Modules, the main executable first; ranges never overlap.</summary>
    public required IReadOnlyList<ModuleSnapshot> Modules { get; init; }

    /// <summary>Memory beside the stacks (which stand in <see cref="Threads"/>), such as the bytes around the instruction pointer.</summary>
    public IReadOnlyList<MemorySnapshot> Memory { get; init; } = [];

    /// <summary>All mappings, ordered by address.</summary>
    public IReadOnlyList<MappingSnapshot> Mappings { get; init; } = [];

    /// <summary>Open file descriptors.</summary>
    public IReadOnlyList<DescriptorSnapshot> Descriptors { get; init; } = [];

    /// <summary>Raw contents of /proc files, as read.</summary>
    public IReadOnlyDictionary<ProcFile, byte[]> ProcFiles { get; init; } = new Dictionary<ProcFile, byte[]>();

    /// <summary>How the memory was had.</summary>
    public CaptureAccess Access { get; init; }

    /// <summary>Everything that could not be read or had to be cut.</summary>
    public IReadOnlyList<SoftError> SoftErrors { get; init; } = [];

    /// <summary>Gives the bytes of stacks and memory back.</summary>
    public void Dispose() => Storage?.Dispose();
}
