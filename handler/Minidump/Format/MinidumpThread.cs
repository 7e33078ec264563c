using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Minidump.Format;

/// <summary>MINIDUMP_THREAD.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal readonly struct MinidumpThread
{
    /// <summary>Bytes on disk.</summary>
    public const int Size = 48;

    /// <summary>Tid as the process sees it.</summary>
    public uint ThreadId { get; init; }

    public uint SuspendCount { get; init; }

    public uint PriorityClass { get; init; }

    public uint Priority { get; init; }

    /// <summary>Thread pointer: fs_base.</summary>
    public ulong Teb { get; init; }

    /// <summary>The stack from its pointer upwards; all zero when there is none.</summary>
    public MinidumpMemoryDescriptor Stack { get; init; }

    /// <summary>The registers; all zero when they are not known.</summary>
    public MinidumpLocationDescriptor ThreadContext { get; init; }
}
