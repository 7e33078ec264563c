using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Minidump.Format;

/// <summary>CV_INFO_PDB70 without the file name that follows: names a PE image's symbols.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal readonly struct CodeViewPdb70
{
    /// <summary>Bytes on disk.</summary>
    public const int Size = 24;

    /// <summary>The bytes <c>RSDS</c>.</summary>
    public const uint ExpectedSignature = 0x53445352;

    public uint CvSignature { get; init; }

    /// <summary>From the image's debug directory.</summary>
    public Guid Signature { get; init; }

    public uint Age { get; init; }
}
