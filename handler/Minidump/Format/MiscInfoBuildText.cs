using System.Runtime.CompilerServices;

namespace CrashHandler.Handler.Minidump.Format;

/// <summary>260 UTF-16 units of a <see cref="MinidumpMiscInfo4"/>, ended by 0.</summary>
[InlineArray(Length)]
internal struct MiscInfoBuildText
{
    /// <summary>UTF-16 units.</summary>
    public const int Length = 260;

    private ushort _first;
}
