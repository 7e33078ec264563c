using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Minidump.Format;

/// <summary>MINIDUMP_MISC_INFO_4. The older forms are its first 24, 44 and 232 bytes, the newest one has more behind it.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal readonly struct MinidumpMiscInfo4
{
    /// <summary>Bytes on disk.</summary>
    public const int Size = 832;

    /// <summary>Bytes of MINIDUMP_MISC_INFO, the shortest form.</summary>
    public const int Size1 = 24;

    /// <summary>Bytes of MINIDUMP_MISC_INFO_2.</summary>
    public const int Size2 = 44;

    /// <summary>Bytes of MINIDUMP_MISC_INFO_3.</summary>
    public const int Size3 = 232;

    /// <summary>Bytes of MINIDUMP_MISC_INFO_5.</summary>
    public const int Size5 = 1364;

    /// <summary>Bytes of the stream; tells the form.</summary>
    public uint SizeOfInfo { get; init; }

    /// <summary>Which fields count.</summary>
    public MiscInfoFlags Flags1 { get; init; }

    public uint ProcessId { get; init; }

    /// <summary>Seconds since 1970.</summary>
    public uint ProcessCreateTime { get; init; }

    /// <summary>Seconds.</summary>
    public uint ProcessUserTime { get; init; }

    /// <summary>Seconds.</summary>
    public uint ProcessKernelTime { get; init; }

    public uint ProcessorMaxMhz { get; init; }

    public uint ProcessorCurrentMhz { get; init; }

    public uint ProcessorMhzLimit { get; init; }

    public uint ProcessorMaxIdleState { get; init; }

    public uint ProcessorCurrentIdleState { get; init; }

    public uint ProcessIntegrityLevel { get; init; }

    public uint ProcessExecuteFlags { get; init; }

    public uint ProtectedProcess { get; init; }

    /// <summary>0 unknown, 1 standard time, 2 daylight saving time.</summary>
    public uint TimeZoneId { get; init; }

    public TimeZoneInformation TimeZone { get; init; }

    /// <summary>On Linux the uname line.</summary>
    public MiscInfoBuildText BuildString { get; init; }

    /// <summary>What wrote the dump.</summary>
    public MiscInfoDebugText DbgBldStr { get; init; }
}
