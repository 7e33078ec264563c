using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Stacks.Pe;

/// <summary><c>UNWIND_INFO</c> before its codes, 4 bytes. Behind the codes, an even number of slots, is a chained RUNTIME_FUNCTION or a handler's address.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct UnwindInfo
{
    public const int Size = 4;

    /// <summary><c>UNW_FLAG_CHAININFO</c>.</summary>
    public const int ChainInfo = 4;

    /// <summary>Its <see cref="FrameOffset"/> counts in so many bytes.</summary>
    public const int FrameUnit = 16;

    private const int LowBits = 0x0f;

    public readonly byte VersionAndFlags;
    public readonly byte SizeOfProlog;

    /// <summary>Slots, of which some codes take several.</summary>
    public readonly byte CountOfCodes;

    public readonly byte FrameRegisterAndOffset;

    public int Version => VersionAndFlags & 7;

    public int Flags => VersionAndFlags >> 3;

    /// <summary>Number of the register; 0: none.</summary>
    public int FrameRegister => FrameRegisterAndOffset & LowBits;

    public int FrameOffset => FrameRegisterAndOffset >> 4;
}
