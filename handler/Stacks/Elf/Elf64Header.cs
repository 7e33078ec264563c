using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Stacks.Elf;

/// <summary><c>Elf64_Ehdr</c> of elf(5), 64 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct Elf64Header
{
    public const int Size = 64;

    /// <summary>0x7f, E, L, F.</summary>
    public const uint ElfMagic = 0x464c457f;

    /// <summary><c>ELFCLASS64</c>.</summary>
    public const byte Class64 = 2;

    public readonly uint Magic;
    public readonly byte Class;
    public readonly byte Data;
    public readonly byte IdentVersion;
    public readonly byte OsAbi;
    public readonly ulong Padding;
    public readonly ushort Type;
    public readonly ushort Machine;
    public readonly uint Version;
    public readonly ulong Entry;
    public readonly ulong ProgramHeaderOffset;
    public readonly ulong SectionHeaderOffset;
    public readonly uint Flags;
    public readonly ushort HeaderSize;
    public readonly ushort ProgramHeaderSize;
    public readonly ushort ProgramHeaderCount;
    public readonly ushort SectionHeaderSize;
    public readonly ushort SectionHeaderCount;
    public readonly ushort SectionNamesIndex;
}
