using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Minidump.Format;

/// <summary>TIME_ZONE_INFORMATION; UTC is local time plus the biases.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal readonly struct TimeZoneInformation
{
    /// <summary>Bytes on disk.</summary>
    public const int Size = 172;

    /// <summary>Minutes.</summary>
    public int Bias { get; init; }

    public TimeZoneText StandardName { get; init; }

    public SystemTime StandardDate { get; init; }

    /// <summary>Minutes.</summary>
    public int StandardBias { get; init; }

    public TimeZoneText DaylightName { get; init; }

    public SystemTime DaylightDate { get; init; }

    /// <summary>Minutes.</summary>
    public int DaylightBias { get; init; }
}
