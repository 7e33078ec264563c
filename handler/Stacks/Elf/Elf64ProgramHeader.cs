using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Stacks.Elf;

/// <summary><c>Elf64_Phdr</c> of elf(5), 56 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct Elf64ProgramHeader
{
    public const int Size = 56;

    /// <summary><c>PT_LOAD</c>.</summary>
    public const uint Load = 1;

    /// <summary><c>PT_DYNAMIC</c>.</summary>
    public const uint Dynamic = 2;

    /// <summary><c>PT_GNU_EH_FRAME</c>: the <c>.eh_frame_hdr</c>.</summary>
    public const uint GnuEhFrame = 0x6474e550;

    /// <summary><c>PT_NOTE</c>.</summary>
    public const uint Note = 4;

    public readonly uint Type;
    public readonly uint Flags;
    public readonly ulong Offset;
    public readonly ulong VirtualAddress;
    public readonly ulong PhysicalAddress;
    public readonly ulong FileSize;
    public readonly ulong MemorySize;
    public readonly ulong Alignment;
}
