namespace CrashHandler.Handler.Capture.Linux;

/// <summary>A test's hook: steps that fail artificially.</summary>
[Flags]
internal enum CaptureFailSpots
{
    None = 0,
    /// <summary>ptrace is refused.</summary>
    Seize = 1,
    /// <summary>No thread stops in time.</summary>
    Stop = 2,
    Registers = 4,
    Maps = 8,
    Auxv = 16,
    ThreadName = 32,
    Stack = 64,
    Modules = 128,
    BuildId = 256,
    CpuInfo = 512,
    /// <summary>process_vm_readv is refused.</summary>
    MemoryCall = 1_024,
    /// <summary>/proc/PID/mem is refused.</summary>
    MemoryFile = 2_048,
    /// <summary>The process hands nothing over.</summary>
    HandOver = 4_096,
    Descriptors = 8_192,
    InstructionWindow = 16_384,
    IndirectMemory = 32_768,
    /// <summary>The list of threads cannot be read.</summary>
    Threads = 65_536,
    /// <summary>The files of /proc/PID that are taken as they are: status, cmdline, limits, environ, and the system's os-release.</summary>
    ProcFiles = 131_072,
    Times = 262_144,
    Machine = 524_288,
    Sanitize = 1_048_576,
}
