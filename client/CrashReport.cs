namespace CrashHandler;

/// <summary>A report that a server has taken.</summary>
/// <param name="Date">Time of the crash, UTC.</param>
/// <param name="Id">The server's answer, trimmed, at most 4 KiB: what the server calls the report.</param>
public sealed record CrashReport(DateTimeOffset Date, string Id);
