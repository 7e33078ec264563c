namespace CrashHandler.Handler.Stacks.Document;

/// <summary>A repetition of frames that is shown once.</summary>
/// <param name="Length">How many frames repeat, from the one that has this on.</param>
/// <param name="Times">How many times they stand on the stack, all in all.</param>
/// <param name="AtLeast">The stack goes on like that beyond what was read.</param>
internal sealed record StackRun(int Length, int Times, bool AtLeast);
