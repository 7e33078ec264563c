using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Stacks.Pe;

/// <summary><c>UNWIND_CODE</c>, 2 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct UnwindCode
{
    public const int Size = 2;

    /// <summary>Distance from the function's beginning to the end of the prologue's instruction.</summary>
    public readonly byte CodeOffset;

    public readonly byte OperationAndInfo;

    public UnwindOperation Operation => (UnwindOperation)(OperationAndInfo & 0x0f);

    public int OperationInfo => OperationAndInfo >> 4;
}
