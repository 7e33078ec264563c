using System.Runtime.CompilerServices;

namespace CrashHandler.Handler.Stacks;

/// <summary>XMM_SAVE_AREA32: the FXSAVE image, byte for byte what Linux keeps.</summary>
[InlineArray(Size)]
internal struct XmmSaveArea32
{
    /// <summary>Bytes on disk.</summary>
    public const int Size = 512;

    /// <summary>Offset of MXCSR, a u32.</summary>
    public const int MxCsrOffset = 24;

    private byte _first;
}
