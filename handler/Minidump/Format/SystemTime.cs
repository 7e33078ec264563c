using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Minidump.Format;

/// <summary>SYSTEMTIME; all zero where a time zone has no rule.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal readonly struct SystemTime
{
    /// <summary>Bytes on disk.</summary>
    public const int Size = 16;

    public ushort Year { get; init; }

    public ushort Month { get; init; }

    public ushort DayOfWeek { get; init; }

    public ushort Day { get; init; }

    public ushort Hour { get; init; }

    public ushort Minute { get; init; }

    public ushort Second { get; init; }

    public ushort Milliseconds { get; init; }
}
