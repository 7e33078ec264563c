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

    /// <summary>Members of a later version; they survive a rewrite.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}
