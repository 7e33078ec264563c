using System.Text.Json;
using CrashHandler.Handler.Doctor;

namespace CrashHandler.Handler.Cli;

/// <summary>The findings of <c>doctor</c> as JSON; scripts depend on the names (handler/README.md).</summary>
internal static class DoctorJson
{
    /// <summary>Writes them.</summary>
    public static void Write(Stream output, IReadOnlyList<Finding> findings)
    {
        using Utf8JsonWriter writer = new(output, ReportJson.Indented);
        writer.WriteStartArray();
        foreach (Finding finding in findings)
        {
            writer.WriteStartObject();
            writer.WriteString("check", finding.Check);
            writer.WriteString("state", NameOf(finding.State));
            writer.WriteString("found", finding.Found);
            writer.WriteString("meaning", finding.Meaning);
            writer.WriteString("remedy", finding.Remedy);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    /// <summary>A state as programs, and people, read it.</summary>
    public static string NameOf(FindingState state) => state switch
    {
        FindingState.Ok => "ok",
        FindingState.Warning => "warning",
        FindingState.Problem => "problem",
        _ => "not applicable",
    };
}
