using CrashHandler.Handler.Reports;
using CrashHandler.Protocol;

namespace CrashHandler.Handler.Daemon;

/// <summary>What a client says of how its reports are sent. Pure.</summary>
internal static class DeliveryFields
{
    /// <summary>Reads it.</summary>
    /// <param name="registration">The client's registration.</param>
    /// <param name="fallback">For what it does not say.</param>
    public static ReportDelivery Of(Registration registration, ReportDelivery fallback) => new(
        registration.Fields.GetValueOrDefault(RegistrationFields.Url) ?? fallback.Url,
        registration.Fields.TryGetValue(RegistrationFields.Headers, out string? headers) ? HeadersOf(headers) : fallback.Headers,
        registration.Says(RegistrationFields.CompressUploads) || fallback.Compress,
        registration.Says(RegistrationFields.RateLimit) || fallback.RateLimit);

    private static Dictionary<string, string> HeadersOf(string lines)
        => lines.Split('\n').Select(line => line.Split(':', 2)).Where(pair => pair.Length == 2)
            .GroupBy(pair => pair[0].Trim(), StringComparer.OrdinalIgnoreCase).ToDictionary(group => group.Key, group => group.Last()[1].Trim());
}
