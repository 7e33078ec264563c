using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Capture.Linux;

/// <summary>IMAGE_SECTION_HEADER of the PE format.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal readonly struct PeSectionHeader
{
    public const int Size = 40;

    public readonly ulong Name;

    /// <summary>Bytes in memory.</summary>
    public readonly uint VirtualSize;

    /// <summary>Distance from the image's beginning in memory.</summary>
    public readonly uint VirtualAddress;

    /// <summary>Bytes in the file.</summary>
    public readonly uint SizeOfRawData;

    /// <summary>Offset in the file.</summary>
    public readonly uint PointerToRawData;

    public readonly uint PointerToRelocations;
    public readonly uint PointerToLinenumbers;
    public readonly ushort NumberOfRelocations;
    public readonly ushort NumberOfLinenumbers;
    public readonly uint Characteristics;
}
