namespace CrashHandler.Handler.Capture;

/// <summary>The files whose raw contents go into a report.</summary>
internal enum ProcFile
{
    /// <summary>/proc/cpuinfo.</summary>
    CpuInfo,
    /// <summary>/proc/PID/status.</summary>
    Status,
    /// <summary>/etc/lsb-release, else /etc/os-release.</summary>
    OsRelease,
    /// <summary>/proc/PID/cmdline.</summary>
    CommandLine,
    /// <summary>/proc/PID/auxv.</summary>
    AuxiliaryVector,
    /// <summary>/proc/PID/maps.</summary>
    Maps,
    /// <summary>/proc/PID/limits.</summary>
    Limits,
    /// <summary>/proc/PID/environ, only where a capture asks for it.</summary>
    Environment,
}
