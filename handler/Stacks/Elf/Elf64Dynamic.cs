using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Stacks.Elf;

/// <summary><c>Elf64_Dyn</c> of elf(5), 16 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct Elf64Dynamic
{
    public const int Size = 16;

    /// <summary><c>DT_NULL</c>.</summary>
    public const long End = 0;

    /// <summary><c>DT_NEEDED</c>.</summary>
    public const long Needed = 1;

    /// <summary><c>DT_HASH</c>.</summary>
    public const long Hash = 4;

    /// <summary><c>DT_STRTAB</c>.</summary>
    public const long StringTable = 5;

    /// <summary><c>DT_SYMTAB</c>.</summary>
    public const long SymbolTable = 6;

    /// <summary><c>DT_STRSZ</c>.</summary>
    public const long StringTableSize = 10;

    /// <summary><c>DT_GNU_HASH</c>.</summary>
    public const long GnuHash = 0x6ffffef5;

    public readonly long Tag;
    public readonly ulong Value;
}
