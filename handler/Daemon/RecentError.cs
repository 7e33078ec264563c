namespace CrashHandler.Handler.Daemon;

/// <summary>Something that failed.</summary>
/// <param name="Time">When.</param>
/// <param name="Kind">What the handler was at.</param>
/// <param name="Message">What failed, in words; at most <see cref="DaemonLimits.ErrorLength"/> characters.</param>
internal sealed record RecentError(DateTimeOffset Time, ErrorKind Kind, string Message);
