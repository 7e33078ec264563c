using CrashHandler.Handler.Stacks.Document;

namespace CrashHandler.Handler.Managed;

/// <summary>The exception that the runtime holds for a thread.</summary>
/// <param name="Exception">What it says.</param>
/// <param name="ThrownAt">Stack pointer of the frame that threw it; 0: not known.</param>
/// <param name="ThrownIn">Name of the method that threw it.</param>
internal sealed record ManagedException(StackException Exception, ulong ThrownAt, string? ThrownIn);
