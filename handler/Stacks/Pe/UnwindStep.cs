namespace CrashHandler.Handler.Stacks.Pe;

/// <summary>What one instruction of a prologue did, from one or several slots of an UNWIND_INFO.</summary>
/// <param name="Operation">What.</param>
/// <param name="CodeOffset">Distance from the function's beginning to the instruction's end.</param>
/// <param name="Info">A register's number, or whether a machine frame has an error code.</param>
/// <param name="Value">Bytes: those that were allocated, or the distance from the frame's base where something was saved.</param>
internal readonly record struct UnwindStep(UnwindOperation Operation, byte CodeOffset, int Info, uint Value);
