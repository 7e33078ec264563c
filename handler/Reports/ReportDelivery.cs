namespace CrashHandler.Handler.Reports;

/// <summary>How a report is sent.</summary>
/// <param name="Url">Where; null: to the handler's URL.</param>
/// <param name="Headers">Headers beside the usual ones; null: none.</param>
/// <param name="Compress">Whether the body is compressed.</param>
/// <param name="RateLimit">Whether an hour is kept between uploads.</param>
internal sealed record ReportDelivery(string? Url = null, IReadOnlyDictionary<string, string>? Headers = null, bool Compress = false, bool RateLimit = false);
