using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Stacks.Pe;

/// <summary><c>IMAGE_OPTIONAL_HEADER64</c> before its DataDirectory, which has <see cref="NumberOfRvaAndSizes"/> elements: 112 bytes. Only what is needed of it.</summary>
[StructLayout(LayoutKind.Explicit, Size = Size)]
internal readonly struct ImageOptionalHeader64
{
    public const int Size = 112;

    /// <summary><c>IMAGE_NT_OPTIONAL_HDR64_MAGIC</c>.</summary>
    public const ushort Hdr64Magic = 0x20b;

    /// <summary><c>IMAGE_DIRECTORY_ENTRY_EXPORT</c>.</summary>
    public const int Export = 0;

    /// <summary><c>IMAGE_DIRECTORY_ENTRY_EXCEPTION</c>.</summary>
    public const int Exception = 3;

    /// <summary><c>IMAGE_DIRECTORY_ENTRY_COM_DESCRIPTOR</c>: the header of the common language runtime.</summary>
    public const int ComDescriptor = 14;

    [FieldOffset(0)] public readonly ushort Magic;
    [FieldOffset(56)] public readonly uint SizeOfImage;
    [FieldOffset(108)] public readonly uint NumberOfRvaAndSizes;
}
