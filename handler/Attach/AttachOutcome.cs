namespace CrashHandler.Handler.Attach;

/// <summary>A process is attached.</summary>
/// <param name="Database">Where its reports go.</param>
/// <param name="Degraded">What does not work, and why; empty when all is well.</param>
internal sealed record AttachOutcome(string Database, string Degraded);
