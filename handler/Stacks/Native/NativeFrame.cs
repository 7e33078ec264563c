using CrashHandler.Handler.Stacks.Document;

namespace CrashHandler.Handler.Stacks.Native;

/// <summary>A frame with the registers in it, from which the next one is found.</summary>
/// <param name="Frame">What is known of it.</param>
/// <param name="Registers">General registers in it; those that are not known keep the value of the frame inside.</param>
/// <param name="IsReturnAddress">Its instruction pointer is behind the call that it is in; false: on the instruction itself, as in the innermost frame and in one that a
/// signal interrupted.</param>
internal sealed record NativeFrame(StackFrame Frame, Amd64Registers Registers, bool IsReturnAddress);
