using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Capture.Linux;

/// <summary>IMAGE_DEBUG_DIRECTORY of the PE format.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal readonly struct PeDebugDirectory
{
    public const int Size = 28;

    /// <summary>The <see cref="Type"/> of an entry that names the symbols.</summary>
    public const uint CodeView = 2;

    public readonly uint Characteristics;
    public readonly uint TimeDateStamp;
    public readonly ushort MajorVersion;
    public readonly ushort MinorVersion;
    public readonly uint Type;

    /// <summary>Bytes.</summary>
    public readonly uint SizeOfData;

    /// <summary>Distance from the image's beginning in memory.</summary>
    public readonly uint AddressOfRawData;

    /// <summary>Offset in the file.</summary>
    public readonly uint PointerToRawData;
}
