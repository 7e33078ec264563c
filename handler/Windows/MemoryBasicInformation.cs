using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Posix;

/// <summary>MEMORY_BASIC_INFORMATION of 64 bits: pages of a process that are alike.</summary>
[StructLayout(LayoutKind.Explicit, Size = Size)]
internal readonly struct MemoryBasicInformation
{
    public const int Size = 48;

    /// <summary>Values of <see cref="State"/> and <see cref="Type"/> (winnt.h).</summary>
    public const uint MEM_COMMIT = 0x1000, MEM_MAPPED = 0x40000, MEM_IMAGE = 0x1000000;

    /// <summary>Bits of <see cref="Protect"/> with which code runs: PAGE_EXECUTE, _READ, _READWRITE, _WRITECOPY ("Memory Protection Constants").</summary>
    public const uint Executable = 0x10 | 0x20 | 0x40 | 0x80;

    [field: FieldOffset(0)] public nuint BaseAddress { get; init; }

    /// <summary>Of what was allocated as one, such as an image.</summary>
    [field: FieldOffset(8)] public nuint AllocationBase { get; init; }

    /// <summary>Bytes.</summary>
    [field: FieldOffset(24)] public nuint RegionSize { get; init; }

    [field: FieldOffset(32)] public uint State { get; init; }

    [field: FieldOffset(36)] public uint Protect { get; init; }

    [field: FieldOffset(40)] public uint Type { get; init; }

    /// <summary>Whether it is code.</summary>
    public bool IsCode() => State == MEM_COMMIT && (Protect & Executable) != 0;
}
