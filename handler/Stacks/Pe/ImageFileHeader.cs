using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Stacks.Pe;

/// <summary><c>IMAGE_FILE_HEADER</c>, 20 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct ImageFileHeader
{
    public const int Size = 20;

    /// <summary><c>IMAGE_FILE_MACHINE_AMD64</c>. Precompiled assemblies for Linux have another number, and other unwind data.</summary>
    public const ushort MachineAmd64 = 0x8664;

    public readonly ushort Machine;
    public readonly ushort NumberOfSections;
    public readonly uint TimeDateStamp;
    public readonly uint PointerToSymbolTable;
    public readonly uint NumberOfSymbols;
    public readonly ushort SizeOfOptionalHeader;
    public readonly ushort Characteristics;
}
