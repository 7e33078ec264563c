using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Stacks.Pe;

/// <summary><c>IMAGE_DATA_DIRECTORY</c>, 8 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct ImageDataDirectory
{
    public const int Size = 8;

    /// <summary>Distance from the image's beginning in memory; 0: none.</summary>
    public readonly uint VirtualAddress;

    /// <summary>Bytes.</summary>
    public readonly uint Length;

    /// <summary>Whether an address, as distance from the image's beginning, is in it.</summary>
    public bool Contains(uint address) => address >= VirtualAddress && address - VirtualAddress < Length;
}
