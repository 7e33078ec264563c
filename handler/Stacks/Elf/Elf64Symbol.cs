using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Stacks.Elf;

/// <summary><c>Elf64_Sym</c> of elf(5), 24 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct Elf64Symbol
{
    public const int Size = 24;

    /// <summary><c>STT_FUNC</c>.</summary>
    public const int Function = 2;

    /// <summary><c>STT_GNU_IFUNC</c>.</summary>
    public const int IndirectFunction = 10;

    /// <summary><c>STB_LOCAL</c>.</summary>
    public const int Local = 0;

    /// <summary><c>STB_WEAK</c>.</summary>
    public const int Weak = 2;

    public readonly uint NameOffset;
    public readonly byte Info;
    public readonly byte Other;
    public readonly ushort SectionIndex;
    public readonly ulong Value;
    public readonly ulong Length;

    /// <summary><c>ELF64_ST_TYPE</c>.</summary>
    public int SymbolType => Info & 0xf;

    /// <summary><c>ELF64_ST_BIND</c>.</summary>
    public int Binding => Info >> 4;
}
