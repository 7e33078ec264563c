using System.Runtime.CompilerServices;

namespace CrashHandler.Handler.Minidump.Format;

/// <summary>32 UTF-16 units of a <see cref="TimeZoneInformation"/>, ended by 0.</summary>
[InlineArray(Length)]
internal struct TimeZoneText
{
    /// <summary>UTF-16 units.</summary>
    public const int Length = 32;

    private ushort _first;
}
