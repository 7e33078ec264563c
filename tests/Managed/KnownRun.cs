namespace CrashHandler.Tests.Managed;

/// <summary>What a stack overflow repeats.</summary>
/// <param name="Frames">The frames, innermost first; the stack may begin with any of them.</param>
/// <param name="IsBeyondLimit">There are more than are read.</param>
internal sealed record KnownRun(KnownFrame[] Frames, bool IsBeyondLimit);
