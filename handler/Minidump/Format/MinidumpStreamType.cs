namespace CrashHandler.Handler.Minidump.Format;

/// <summary>MINIDUMP_STREAM_TYPE, with the streams of Breakpad, Crashpad and Mozilla.</summary>
internal enum MinidumpStreamType : uint
{
    Unused = 0,
    ThreadList = 3,
    ModuleList = 4,
    MemoryList = 5,
    Exception = 6,
    SystemInfo = 7,
    ThreadExList = 8,
    Memory64List = 9,
    CommentA = 10,
    CommentW = 11,
    HandleData = 12,
    FunctionTable = 13,
    UnloadedModuleList = 14,
    MiscInfo = 15,
    MemoryInfoList = 16,
    ThreadInfoList = 17,
    HandleOperationList = 18,
    Token = 19,
    JavaScriptData = 20,
    SystemMemoryInfo = 21,
    ProcessVmCounters = 22,
    IptTrace = 23,
    ThreadNames = 24,

    /// <summary>JSON: native and managed stacks and exceptions (handler/Stacks/README.md). "CH", as Crashpad's have "CP".</summary>
    CrashHandlerStacks = 0x43480001,
    CrashpadInfo = 0x43500001,
    BreakpadInfo = 0x47670001,
    AssertionInfo = 0x47670002,

    /// <summary>/proc/cpuinfo, raw.</summary>
    LinuxCpuInfo = 0x47670003,

    /// <summary>/proc/PID/status, raw.</summary>
    LinuxProcStatus = 0x47670004,

    /// <summary>/etc/lsb-release or /etc/os-release, raw.</summary>
    LinuxLsbRelease = 0x47670005,

    /// <summary>/proc/PID/cmdline, raw, separated by NUL.</summary>
    LinuxCmdLine = 0x47670006,

    /// <summary>/proc/PID/environ, raw, separated by NUL.</summary>
    LinuxEnviron = 0x47670007,

    /// <summary>/proc/PID/auxv, pairs of u64.</summary>
    LinuxAuxv = 0x47670008,

    /// <summary>/proc/PID/maps, raw.</summary>
    LinuxMaps = 0x47670009,
    LinuxDsoDebug = 0x4767000A,
    LldbGenerated = 0x4C4C4442,
    MozMacosCrashInfo = 0x4D7A0001,
    MozMacosBootArgs = 0x4D7A0002,

    /// <summary>/proc/PID/limits, raw.</summary>
    MozLinuxLimits = 0x4D7A0003,

    /// <summary>JSON: what could not be read or had to be cut.</summary>
    MozSoftErrors = 0x4D7A0004,
}
