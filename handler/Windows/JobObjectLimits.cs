using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Posix;

/// <summary>JOBOBJECT_EXTENDED_LIMIT_INFORMATION, with the JOBOBJECT_BASIC_LIMIT_INFORMATION that it begins with; 144 bytes. Of each only what <see cref="LimitFlags"/> names counts.</summary>
[StructLayout(LayoutKind.Explicit, Size = Size)]
internal readonly struct JobObjectLimits
{
    public const int Size = 144;

    /// <summary>Bits of <see cref="LimitFlags"/> (winnt.h).</summary>
    public const uint JOB_OBJECT_LIMIT_PROCESS_TIME = 0x2, JOB_OBJECT_LIMIT_ACTIVE_PROCESS = 0x8, JOB_OBJECT_LIMIT_PROCESS_MEMORY = 0x100, JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION = 0x400,
        JOB_OBJECT_LIMIT_BREAKAWAY_OK = 0x800, JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK = 0x1000, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE = 0x2000;

    /// <summary>In 100 ns.</summary>
    [field: FieldOffset(0)] public long PerProcessUserTimeLimit { get; init; }

    /// <summary>JOB_OBJECT_LIMIT_*.</summary>
    [field: FieldOffset(16)] public uint LimitFlags { get; init; }

    [field: FieldOffset(40)] public uint ActiveProcessLimit { get; init; }

    /// <summary>Bytes.</summary>
    [field: FieldOffset(112)] public ulong ProcessMemoryLimit { get; init; }
}
