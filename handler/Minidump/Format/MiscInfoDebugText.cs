using System.Runtime.CompilerServices;

namespace CrashHandler.Handler.Minidump.Format;

/// <summary>40 UTF-16 units of a <see cref="MinidumpMiscInfo4"/>, ended by 0.</summary>
[InlineArray(Length)]
internal struct MiscInfoDebugText
{
    /// <summary>UTF-16 units.</summary>
    public const int Length = 40;

    private ushort _first;
}
