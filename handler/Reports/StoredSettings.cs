using System.Text.Json;
using System.Text.Json.Serialization;

namespace CrashHandler.Handler.Reports;

/// <summary>The file <c>settings.json</c>.</summary>
internal sealed record StoredSettings
{
    /// <summary>Version of this shape; a reader keeps members it does not know.</summary>
    public const int CurrentVersion = 1;

    // Not init: where a file lacks it, source-generated JSON would give an init member its type's default instead of ours.
    public int Version { get; set; } = CurrentVersion;

    /// <summary>The form's <c>guid</c>: made once, never again.</summary>
    public required Guid Guid { get; init; }

    /// <summary>The application's stored choice; null: none was made, which is yes.</summary>
    public bool? Uploads { get; init; }

    /// <summary>The operator's lock, which no application lifts.</summary>
    public bool OperatorUploadsOff { get; init; }

    /// <summary>The operator's pause: what waits goes on waiting.</summary>
    public bool UploadsPaused { get; init; }

    /// <summary>When a report under the rate limit was last sent; null: never.</summary>
    public DateTimeOffset? LastLimitedUpload { get; init; }

    /// <summary>Crashes of main processes since one ended as it should.</summary>
    public int CrashesInARow { get; init; }

    /// <summary>Whether the main process that started last has crashed.</summary>
    public bool LastRunCrashed { get; init; }

    /// <summary>Report of the last of these crashes, so that it is counted once.</summary>
    public string? LastCrash { get; init; }

    /// <summary>Members of a later version; they survive a rewrite.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}
