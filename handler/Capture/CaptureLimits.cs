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

    /// <summary>Bytes of the crashed thread's stack: thousands of frames of a runaway recursion.</summary>
    public const int CrashedStackBytes = 1_048_576;

    /// <summary>Bytes of any other thread's stack: deep enough for real call chains, which seldom pass 64 KiB.</summary>
    public const int StackBytes = 262_144;

    /// <summary>Bytes of all stacks: 16 KiB for each of <see cref="MaxThreads"/>, and an upload that is still acceptable.</summary>
    public const int AllStacksBytes = 67_108_864;

    /// <summary>Bytes above a stray stack pointer in which its stack is looked for: guard areas are no larger.</summary>
    public const ulong StackSearchBytes = 1_048_576;

    /// <summary>Bytes below the stack pointer that belong to the leaf function (System V ABI, x86-64).</summary>
    public const ulong RedZoneBytes = 128;

    /// <summary>Bytes before and after the crashed instruction, as Breakpad takes them.</summary>
    public const ulong InstructionWindowBytes = 128;

    /// <summary>Vectors in one process_vm_readv: the kernel's UIO_MAXIOV.</summary>
    public const int MaxReadVectors = 1_024;

    /// <summary>Bytes of /proc/PID/maps: the kernel's default of 65,530 mappings with paths of a thousand bytes.</summary>
    public const int MapsBytes = 67_108_864;

    /// <summary>Bytes of any other /proc file: cpuinfo of a machine with a thousand processors has less.</summary>
    public const int ProcFileBytes = 4_194_304;

    /// <summary>Bytes of a path: the kernel's PATH_MAX.</summary>
    public const int PathBytes = 4_096;

    /// <summary>Bytes at the beginning of an image that hold its headers: one page, always mapped as a whole.</summary>
    public const int ImageHeaderBytes = 4_096;

    /// <summary>Bytes of one note segment: real ones have a few hundred.</summary>
    public const int NoteBytes = 65_536;

    /// <summary>Bytes of a build id: linkers write 8 to 32.</summary>
    public const int BuildIdBytes = 64;

    /// <summary>Bytes of a runtime library that is searched for its version: libcoreclr.so has some 7 MB.</summary>
    public const long MaxRuntimeFileBytes = 64 << 20;
}
