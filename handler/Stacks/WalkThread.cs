namespace CrashHandler.Handler.Stacks;

/// <summary>A thread of the process.</summary>
/// <param name="ThreadId">Tid as the process sees it.</param>
/// <param name="Name">The kernel's name of it, or empty.</param>
/// <param name="Registers">Of the crashed thread those at the fault; null: not known.</param>
internal sealed record WalkThread(int ThreadId, string Name, Amd64Registers? Registers);
