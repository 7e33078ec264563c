namespace CrashHandler.Handler.Stacks;

/// <summary>Which parts of an <see cref="Amd64Context"/> count.</summary>
[Flags]
internal enum Amd64ContextFlags : uint
{
    /// <summary>The CPU; always set.</summary>
    Amd64 = 0x00100000,

    /// <summary>ss, rsp, cs, rip and eflags.</summary>
    Control = 0x1,

    /// <summary>The general registers.</summary>
    Integer = 0x2,

    /// <summary>ds, es, fs and gs.</summary>
    Segments = 0x4,

    /// <summary>The FXSAVE image.</summary>
    FloatingPoint = 0x8,

    /// <summary>The debug registers.</summary>
    DebugRegisters = 0x10,
}
