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
}
