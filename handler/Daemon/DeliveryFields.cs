using CrashHandler.Handler.Reports;
using CrashHandler.Protocol;

namespace CrashHandler.Handler.Daemon;

/// <summary>
/// What a client says of how its reports are sent. URL and headers belong together: headers may be credentials, and no other server than the one they were
/// meant for gets them. Pure.
/// </summary>
internal static class DeliveryFields
{
    /// <summary>Reads it.</summary>
    /// <param name="registration">The client's registration.</param>
    /// <param name="handlers">What the handler itself was told: its URL for who names none, the rest for all.</param>
    /// <param name="mains">What the main process said, for processes of the same URL.</param>
    public static ReportDelivery Of(Registration registration, ReportDelivery handlers, ReportDelivery mains)
    {
        string? url = registration.Fields.GetValueOrDefault(RegistrationFields.Url);
        bool isOwn = registration.Says(RegistrationFields.MainProcess) || (url is not null && url != mains.Url);
        ReportDelivery unsaid = isOwn ? handlers with { Headers = null } : mains;
        return new(
            url ?? unsaid.Url,
            registration.Fields.TryGetValue(RegistrationFields.Headers, out string? headers) ? UploadHeaders.Parse(headers) : unsaid.Headers,
            registration.Says(RegistrationFields.CompressUploads) || unsaid.Compress,
            registration.Says(RegistrationFields.RateLimit) || unsaid.RateLimit);
    }
}
