using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Stacks.Native;

/// <summary>The fixed part of <c>.eh_frame_hdr</c> (LSB core specification, "The .eh_frame_hdr section"), 4 bytes; the encoded pointers follow.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct EhFrameHeader
{
    public const int Size = 4;

    /// <summary>The only one there is.</summary>
    public const byte KnownVersion = 1;

    public readonly byte Version;
    public readonly byte FramePointerEncoding;
    public readonly byte CountEncoding;
    public readonly byte TableEncoding;
}
