using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Capture.Linux;

/// <summary>IMAGE_DATA_DIRECTORY of the PE format.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal readonly struct PeDirectory
{
    public const int Size = 8;

    /// <summary>Distance from the image's beginning in memory; 0: none.</summary>
    public readonly uint VirtualAddress;

    /// <summary>Bytes.</summary>
    public readonly uint Length;
}
