namespace CrashHandler.Handler.Capture;

/// <summary>The machine a process ran on.</summary>
internal sealed record SystemSnapshot
{
    /// <summary>uname's sysname, such as <c>Linux</c>.</summary>
    public required string SystemName { get; init; }

    /// <summary>uname's release, such as <c>6.8.0-45-generic</c>.</summary>
    public required string Release { get; init; }

    /// <summary>uname's version.</summary>
    public required string Version { get; init; }

    /// <summary>uname's machine, such as <c>x86_64</c>.</summary>
    public required string Machine { get; init; }

    /// <summary>Number of processors online.</summary>
    public required int ProcessorCount { get; init; }

    /// <summary>The 12 letters of cpuid leaf 0.</summary>
    public string CpuVendor { get; init; } = "";

    /// <summary>cpuid leaf 1, eax.</summary>
    public uint CpuVersion { get; init; }

    /// <summary>cpuid leaf 1, edx.</summary>
    public uint CpuFeatures { get; init; }

    /// <summary>cpuid leaf 0x80000001, edx.</summary>
    public uint CpuExtendedFeatures { get; init; }
}
