using CrashHandler.Handler.Stacks.Document;

namespace CrashHandler.Handler.Stacks;

/// <summary>A frame as the runtime tells of it.</summary>
/// <param name="Frame">Managed or transition.</param>
/// <param name="Registers">General registers in it; null: the runtime did not say.</param>
internal sealed record ManagedFrame(StackFrame Frame, Amd64Registers? Registers);
