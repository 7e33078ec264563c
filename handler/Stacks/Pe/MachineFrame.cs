using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Stacks.Pe;

/// <summary>What the processor pushes for an interrupt, 40 bytes (Intel SDM, volume 3, "64-Bit Mode Stack Frame"), behind an error code that only some have.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct MachineFrame
{
    public const int Size = 40;

    public readonly ulong Rip;
    public readonly ulong Cs;
    public readonly ulong EFlags;
    public readonly ulong Rsp;
    public readonly ulong Ss;
}
