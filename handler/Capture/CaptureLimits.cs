namespace CrashHandler.Handler.Capture;

/// <summary>Every limit of a capture. What is cut at one of them is a <see cref="SoftError"/>.</summary>
internal static class CaptureLimits
{
    /// <summary>Threads in a snapshot: Breakpad drops the whole list above.</summary>
    public const int MaxThreads = 4_096;

    /// <summary>Modules in a snapshot: Breakpad drops the whole list above.</summary>
    public const int MaxModules = 2_048;

    /// <summary>Mappings looked at as the possible beginning of a module, a page each: far above any real process, 32 MiB at most.</summary>
    public const int MaxModuleCandidates = 8_192;

    /// <summary>Soft errors in a snapshot: a list that people read; the last one counts the rest.</summary>
    public const int MaxSoftErrors = 512;

    /// <summary>For all threads to stop: hundreds on a busy machine need 0.5 s; a watchdog and the client wait for 10 and 30 s.</summary>
    public static readonly TimeSpan StopTime = TimeSpan.FromSeconds(3);

    /// <summary>For threads that had not stopped, or died, to be let go: the client waits for its release meanwhile.</summary>
    public static readonly TimeSpan DetachTime = TimeSpan.FromMilliseconds(250);

    /// <summary>Polls for a stop without sleeping: a runnable thread stops within microseconds.</summary>
    public const int EagerPolls = 64;

    /// <summary>Bytes of the crashed thread's stack, which is never cut: eight times the usual limit of one, and the longest range that Breakpad reads.</summary>
    public const int CrashedStackBytes = 67_108_864;

    /// <summary>Bytes of the crashed thread's stack where the mappings are not known: as much as there is of it, up to here.</summary>
    public const int BlindStackBytes = 1_048_576;

    /// <summary>Bytes of any other thread's stack: deep enough for real call chains, which seldom pass 64 KiB.</summary>
    public const int StackBytes = 262_144;

    /// <summary>Bytes of all other stacks: 6 KiB for each of <see cref="MaxThreads"/>; the handler holds them all, and is to stay small.</summary>
    public const int OtherStacksBytes = 25_165_824;

    /// <summary>Bytes above a stray stack pointer in which its stack is looked for: guard areas are no larger.</summary>
    public const ulong StackSearchBytes = 1_048_576;

    /// <summary>Bytes below the stack pointer that belong to the leaf function (System V ABI, x86-64).</summary>
    public const ulong RedZoneBytes = 128;

    /// <summary>Bytes before and after the crashed instruction, as Breakpad takes them.</summary>
    public const ulong InstructionWindowBytes = 128;

    /// <summary>Bytes of stack, from the stack pointer on, whose words are looked at as pointers: the innermost frames are those that crashed.</summary>
    public const int ScannedStackBytes = 65_536;

    /// <summary>Bytes of a block of memory that is pointed at: what a pointer's surroundings are taken in.</summary>
    public const ulong IndirectBlockBytes = 512;

    /// <summary>Blocks of memory that is pointed at: 512 KiB, a fraction of a dump, and of what Breakpad takes of ranges.</summary>
    public const int MaxIndirectBlocks = 1_024;

    /// <summary>Bytes before what is pointed at: an object's header.</summary>
    public const ulong IndirectBytesBefore = 64;

    /// <summary>Bytes from what is pointed at on: most objects.</summary>
    public const ulong IndirectBytesBehind = 256;

    /// <summary>The lowest value that may be a pointer: below, the kernel maps nothing (vm.mmap_min_addr).</summary>
    public const ulong LowestPointer = 65_536;

    /// <summary>The largest number that a sanitized stack keeps, positive or negative: a count or an error, no secret (Crashpad, Breakpad).</summary>
    public const ulong LargestSmallNumber = 4_096;

    /// <summary>Bytes of an FXSAVE image before its registers: control words only.</summary>
    public const int FxSaveControlBytes = 32;

    /// <summary>Vectors in one process_vm_readv: the kernel's UIO_MAXIOV.</summary>
    public const int MaxReadVectors = 1_024;

    /// <summary>Bytes of /proc/PID/maps: the kernel's default of 65,530 mappings with paths of a thousand bytes.</summary>
    public const int MapsBytes = 67_108_864;

    /// <summary>Bytes of any other /proc file: cpuinfo of a machine with a thousand processors has less.</summary>
    public const int ProcFileBytes = 4_194_304;

    /// <summary>Bytes of /proc/PID/stat: 52 numbers of at most 20 digits, and a name.</summary>
    public const int StatBytes = 2_048;

    /// <summary>Bytes of /proc/PID/cgroup: a line for each of a dozen hierarchies, with a path of at most 4,096.</summary>
    public const int CgroupBytes = 65_536;

    /// <summary>Bytes of /proc/self/mountinfo: a machine with thousands of containers has as much.</summary>
    public const int MountsBytes = 4_194_304;

    /// <summary>Bytes of a file of a memory cgroup: a number, or a dozen names with one each.</summary>
    public const int CgroupFileBytes = 512;

    /// <summary>Bytes of /proc/PID/status: some sixty lines; the longest are masks of a thousand processors.</summary>
    public const int StatusBytes = 8_192;

    /// <summary>Bytes of a thread's name: 16, and 64 of a kernel worker's.</summary>
    public const int CommBytes = 128;

    /// <summary>File descriptors in a snapshot: a leak shows long before, and the usual limit of a process is as high.</summary>
    public const int MaxDescriptors = 1_024;

    /// <summary>For all file descriptors: a link takes some microseconds, so this is never reached unless something is wrong.</summary>
    public static readonly TimeSpan DescriptorTime = TimeSpan.FromMilliseconds(100);

    /// <summary>Bytes of one piece of a snapshot's own memory, or more where more is read at once: what a process of few threads needs.</summary>
    public const int SnapshotBlockBytes = 65_536;

    /// <summary>Bytes of a path: the kernel's PATH_MAX.</summary>
    public const int PathBytes = 4_096;

    /// <summary>Bytes at the beginning of an image that hold its headers: one page, always mapped as a whole.</summary>
    public const int ImageHeaderBytes = 4_096;

    /// <summary>Bytes of an assembly's debug directory that are read: eight entries of 28 bytes, twice what compilers write.</summary>
    public const int DebugDirectoryBytes = 8 * 28;

    /// <summary>Bytes of an assembly's CodeView record: its header and the path of a PDB, of usual length.</summary>
    public const int CodeViewBytes = 1_024;

    /// <summary>Bytes of an assembly's resources that are searched for its version: with nothing else there, as usual, they have 1,200 to 2,600, and precompiled ones an index behind it.</summary>
    public const int ResourceBytes = 8_192;

    /// <summary>Bytes of one note segment: real ones have a few hundred.</summary>
    public const int NoteBytes = 65_536;

    /// <summary>Bytes of a runtime library that is searched for its version: libcoreclr.so has some 7 MB.</summary>
    public const long MaxRuntimeFileBytes = 64 << 20;
}
