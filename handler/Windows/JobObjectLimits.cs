using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Posix;

/// <summary>JOBOBJECT_EXTENDED_LIMIT_INFORMATION, with the JOBOBJECT_BASIC_LIMIT_INFORMATION that it begins with; 144 bytes. Of each only what <see cref="LimitFlags"/> names counts.</summary>
[StructLayout(LayoutKind.Explicit, Size = Size)]
internal readonly struct JobObjectLimits
{
    public const int Size = 144;

    /// <summary>In 100 ns.</summary>
    [field: FieldOffset(0)] public long PerProcessUserTimeLimit { get; init; }

    /// <summary>JOB_OBJECT_LIMIT_*.</summary>
    [field: FieldOffset(16)] public uint LimitFlags { get; init; }

    [field: FieldOffset(40)] public uint ActiveProcessLimit { get; init; }

    /// <summary>Bytes.</summary>
    [field: FieldOffset(112)] public ulong ProcessMemoryLimit { get; init; }
}
