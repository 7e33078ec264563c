using CrashHandler.Handler.Reports;

namespace CrashHandler.Handler.Upload;

/// <summary>What the queue keeps in mind of a report that waits: ten thousand of them are a few megabytes.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Created">Time of its crash.</param>
/// <param name="NextAttempt">Not before; null: as soon as can be.</param>
/// <param name="IsExplicit">Somebody asked for it.</param>
/// <param name="IsRateLimited">Its application wants an hour between uploads.</param>
/// <param name="Url">Where it goes; null: to the handler's URL.</param>
/// <param name="Host">That URL's host and port; null: it has none.</param>
internal readonly record struct WaitingReport(string Id, DateTimeOffset Created, DateTimeOffset? NextAttempt, bool IsExplicit, bool IsRateLimited, string? Url, string? Host)
{
    /// <summary>What there is to keep of a record.</summary>
    public static WaitingReport Of(ReportRecord record)
        => new(record.Id, record.Created, record.NextAttempt, record.ExplicitRequest, record.Delivery.RateLimit, record.Delivery.Url,
            Uri.TryCreate(record.Delivery.Url, UriKind.Absolute, out Uri? url) ? url.Authority : null);
}
