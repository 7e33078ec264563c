namespace CrashHandler.Handler.Minidump;

/// <summary>What Crashpad's own stream says beside the process itself.</summary>
/// <param name="ReportId">The report's id.</param>
/// <param name="ClientId">The database's client id.</param>
/// <param name="Simple">Annotations of the process; values above <see cref="MinidumpLimits.MaxUtf8Bytes"/> are cut.</param>
internal sealed record MinidumpAnnotations(Guid ReportId, Guid ClientId, IReadOnlyDictionary<string, string> Simple);
