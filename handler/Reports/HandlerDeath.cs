namespace CrashHandler.Handler.Reports;

/// <summary>A handler that ended out of order: killed, or by a fault of its own.</summary>
/// <param name="ProcessId">Its pid.</param>
/// <param name="Noticed">When the next handler saw it; null: none has come since.</param>
internal sealed record HandlerDeath(int ProcessId, DateTimeOffset? Noticed);
