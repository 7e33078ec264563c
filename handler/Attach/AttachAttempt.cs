namespace CrashHandler.Handler.Attach;

/// <summary>One process that was to be attached.</summary>
/// <param name="ProcessId">Its pid, as seen from here.</param>
/// <param name="Name">Name of its entry assembly.</param>
/// <param name="Result">What became of it.</param>
/// <param name="Database">Where its reports go; null: nowhere.</param>
/// <param name="Detail">What is degraded, or why it is not attached; empty when all is well.</param>
internal sealed record AttachAttempt(int ProcessId, string Name, AttachResult Result, string? Database, string Detail);
