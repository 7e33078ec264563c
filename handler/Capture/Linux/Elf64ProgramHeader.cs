using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Capture.Linux;

/// <summary><c>Elf64_Phdr</c> of elf(5), 56 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct Elf64ProgramHeader
{
    public const int Size = 56;

    /// <summary><c>PT_LOAD</c>.</summary>
    public const uint Load = 1;

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
