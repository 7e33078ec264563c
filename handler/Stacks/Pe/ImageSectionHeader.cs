using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Stacks.Pe;

/// <summary><c>IMAGE_SECTION_HEADER</c>, 40 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal readonly struct ImageSectionHeader
{
    public const int Size = 40;

    /// <summary><c>IMAGE_SCN_MEM_EXECUTE</c>.</summary>
    public const uint MemoryExecute = 0x2000_0000;

    public readonly ulong Name;

    /// <summary>Bytes in memory.</summary>
    public readonly uint VirtualSize;

    /// <summary>Distance from the image's beginning in memory.</summary>
    public readonly uint VirtualAddress;

    public readonly uint SizeOfRawData;
    public readonly uint PointerToRawData;
    public readonly uint PointerToRelocations;
    public readonly uint PointerToLinenumbers;
    public readonly ushort NumberOfRelocations;
    public readonly ushort NumberOfLinenumbers;
    public readonly uint Characteristics;

    /// <summary>Its bytes are code.</summary>
    public bool IsExecutable => (Characteristics & MemoryExecute) != 0;

    /// <summary>Whether an address, as distance from the image's beginning, is in it.</summary>
    public bool Contains(uint address) => address >= VirtualAddress && address - VirtualAddress < Math.Max(VirtualSize, SizeOfRawData);
}
