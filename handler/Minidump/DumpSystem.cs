using CrashHandler.Handler.Minidump.Format;

namespace CrashHandler.Handler.Minidump;

/// <summary>The machine, as a minidump tells it.</summary>
/// <param name="Record">The stream.</param>
/// <param name="Description">The CSD version: on Linux the uname line, on Windows the service pack.</param>
/// <param name="CpuVendor">cpuid's vendor, or empty.</param>
internal sealed record DumpSystem(MinidumpSystemInfo Record, string Description, string CpuVendor)
{
    /// <summary>Whether its signals are those of <see cref="SignalNames"/>.</summary>
    public bool IsLinux => Record.PlatformId is MinidumpPlatform.Linux or MinidumpPlatform.Android;

    /// <summary>Whether its exceptions are those of <see cref="ExceptionCodes"/>.</summary>
    public bool IsWindows => Record.PlatformId is MinidumpPlatform.Windows;

    /// <summary>Name of the operating system, or its number.</summary>
    public string Platform => Enum.IsDefined(Record.PlatformId) ? Record.PlatformId.ToString() : $"platform 0x{(uint)Record.PlatformId:x}";

    /// <summary>Name of the CPU, or its number.</summary>
    public string Architecture => Record.ProcessorArchitecture switch
    {
        ProcessorArchitecture.Amd64 => "x86-64",
        ProcessorArchitecture.X86 => "x86",
        ProcessorArchitecture.Arm64 or ProcessorArchitecture.Arm64Old => "arm64",
        _ when Enum.IsDefined(Record.ProcessorArchitecture) => Record.ProcessorArchitecture.ToString(),
        _ => $"cpu 0x{(ushort)Record.ProcessorArchitecture:x}",
    };

    /// <summary>Major, minor and build number.</summary>
    public string Version => $"{Record.MajorVersion}.{Record.MinorVersion}.{Record.BuildNumber}";
}
