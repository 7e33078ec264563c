using System.Text.Json.Serialization;

namespace CrashHandler.Handler.Reports;

/// <summary>Where a report stands. A report has one state; <c>uploading</c> is derived from the uploader's lock and never stored.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ReportState>))]
internal enum ReportState
{
    /// <summary>Waits for its upload.</summary>
    [JsonStringEnumMemberName("pending")]
    Pending,

    /// <summary>A server has taken it.</summary>
    [JsonStringEnumMemberName("uploaded")]
    Uploaded,

    /// <summary>A server answered that it does not want it.</summary>
    [JsonStringEnumMemberName("discarded")]
    Discarded,

    /// <summary>Uploads were off when it was made; sent only on request.</summary>
    [JsonStringEnumMemberName("skipped")]
    Skipped,

    /// <summary>A permanent answer, or too many answered failures; kept, sent again on request.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed,
}
