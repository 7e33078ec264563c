namespace CrashHandler.Handler.Stacks.Pe;

/// <summary>A step from a function's registers to its caller's.</summary>
/// <param name="Kind">What it does.</param>
/// <param name="Register">Number of the processor's; 0 where there is none.</param>
/// <param name="Value">Bytes.</param>
internal readonly record struct UnwindAction(UnwindActionKind Kind, int Register, long Value);
