namespace CrashHandler.Handler.Stacks.Pe;

/// <summary>What an <see cref="UnwindAction"/> does.</summary>
internal enum UnwindActionKind
{
    /// <summary>Takes a register from the top of the stack.</summary>
    Pop,

    /// <summary>Takes bytes off the stack.</summary>
    Free,

    /// <summary>The stack's top is at a distance from what a register holds.</summary>
    SetStack,

    /// <summary>Takes a register from a distance from the frame's base.</summary>
    Load,

    /// <summary>Takes the instruction and stack pointer of what was interrupted, behind so many bytes of the processor's.</summary>
    MachineFrame,
}
