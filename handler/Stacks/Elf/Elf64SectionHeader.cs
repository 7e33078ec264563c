using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Stacks.Elf;

/// <summary><c>Elf64_Shdr</c> of elf(5), 64 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct Elf64SectionHeader
{
    public const int Size = 64;

    /// <summary><c>SHT_PROGBITS</c>.</summary>
    public const uint ProgramBits = 1;

    /// <summary><c>SHT_SYMTAB</c>.</summary>
    public const uint SymbolTable = 2;

    /// <summary><c>SHT_X86_64_UNWIND</c> of the x86-64 psABI, which some linkers give <c>.eh_frame</c>.</summary>
    public const uint X8664Unwind = 0x70000001;

    public readonly uint NameOffset;
    public readonly uint Type;
    public readonly ulong Flags;
    public readonly ulong Address;
    public readonly ulong Offset;
    public readonly ulong Length;
    public readonly uint Link;
    public readonly uint Info;
    public readonly ulong Alignment;
    public readonly ulong EntrySize;
}
