using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Minidump.Format;

/// <summary>MINIDUMP_MEMORY_INFO: what a range of addresses is.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal readonly struct MinidumpMemoryInfo
{
    /// <summary>Bytes on disk.</summary>
    public const int Size = 48;

    public ulong BaseAddress { get; init; }

    public ulong AllocationBase { get; init; }

    public MemoryProtection AllocationProtect { get; init; }

    public uint Alignment1 { get; init; }

    /// <summary>Bytes.</summary>
    public ulong RegionSize { get; init; }

    public MemoryState State { get; init; }

    public MemoryProtection Protect { get; init; }

    public MemoryType Type { get; init; }

    public uint Alignment2 { get; init; }
}
