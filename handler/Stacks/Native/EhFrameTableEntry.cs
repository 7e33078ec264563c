using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Stacks.Native;

/// <summary>An entry of the binary search table of <c>.eh_frame_hdr</c>, 8 bytes: distances from the header.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct EhFrameTableEntry
{
    public const int Size = 8;

    public readonly int InitialLocation;
    public readonly int Address;
}
