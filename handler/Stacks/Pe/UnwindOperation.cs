namespace CrashHandler.Handler.Stacks.Pe;

/// <summary><c>UNWIND_OP_CODES</c>.</summary>
internal enum UnwindOperation
{
    /// <summary><c>UWOP_PUSH_NONVOL</c>.</summary>
    PushNonVolatile = 0,

    /// <summary><c>UWOP_ALLOC_LARGE</c>.</summary>
    AllocateLarge = 1,

    /// <summary><c>UWOP_ALLOC_SMALL</c>.</summary>
    AllocateSmall = 2,

    /// <summary><c>UWOP_SET_FPREG</c>.</summary>
    SetFrameRegister = 3,

    /// <summary><c>UWOP_SAVE_NONVOL</c>.</summary>
    SaveNonVolatile = 4,

    /// <summary><c>UWOP_SAVE_NONVOL_FAR</c>.</summary>
    SaveNonVolatileFar = 5,

    /// <summary><c>UWOP_EPILOG</c> of version 2; of version 1 the former <c>UWOP_SAVE_XMM</c>.</summary>
    Epilog = 6,

    /// <summary><c>UWOP_SPARE_CODE</c>, formerly <c>UWOP_SAVE_XMM_FAR</c>.</summary>
    Spare = 7,

    /// <summary><c>UWOP_SAVE_XMM128</c>.</summary>
    SaveXmm128 = 8,

    /// <summary><c>UWOP_SAVE_XMM128_FAR</c>.</summary>
    SaveXmm128Far = 9,

    /// <summary><c>UWOP_PUSH_MACHFRAME</c>.</summary>
    PushMachineFrame = 10,
}
