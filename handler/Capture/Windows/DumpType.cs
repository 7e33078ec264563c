namespace CrashHandler.Handler.Capture.Windows;

/// <summary>MINIDUMP_TYPE (minidumpapiset.h), as far as it is asked for.</summary>
[Flags]
internal enum DumpType : uint
{
    /// <summary>MiniDumpNormal: system, modules, threads with their registers and stacks, the exception.</summary>
    Normal = 0,

    /// <summary>MiniDumpWithHandleData: every handle with its type and name. Needs PROCESS_DUP_HANDLE.</summary>
    HandleData = 0x4,

    /// <summary>MiniDumpWithUnloadedModules: the modules that were loaded once; who calls into one crashes.</summary>
    UnloadedModules = 0x20,

    /// <summary>MiniDumpWithIndirectlyReferencedMemory: what the stacks point at, a kilobyte each.</summary>
    IndirectlyReferencedMemory = 0x40,

    /// <summary>MiniDumpWithProcessThreadData: PEB and TEBs, and with them command line and environment.</summary>
    ProcessThreadData = 0x100,

    /// <summary>MiniDumpWithFullMemoryInfo: what lies where, without its contents.</summary>
    FullMemoryInfo = 0x800,

    /// <summary>MiniDumpWithThreadInfo: start address and times of every thread.</summary>
    ThreadInfo = 0x1000,

    /// <summary>MiniDumpIgnoreInaccessibleMemory: memory that cannot be read costs itself, not the dump.</summary>
    IgnoreInaccessibleMemory = 0x20000,
}
