using System.Text.Json;
using CrashHandler.Handler.Minidump;
using CrashHandler.Handler.Reports;
using CrashHandler.Protocol;

namespace CrashHandler.Handler.Cli;

/// <summary>Reports as JSON, as <c>reports list --json</c> and <c>reports show --json</c> write them; scripts depend on the names.</summary>
internal static class ReportJson
{
    /// <summary>How all JSON of the command line is written.</summary>
    public static readonly JsonWriterOptions Indented = new() { Indented = true };

    /// <summary>Writes an array of reports.</summary>
    public static void WriteList(Stream output, IEnumerable<(ReportRecord Report, string DumpPath)> reports)
    {
        using Utf8JsonWriter writer = new(output, Indented);
        writer.WriteStartArray();
        foreach ((ReportRecord report, string dumpPath) in reports)
        {
            writer.WriteStartObject();
            WriteRecord(writer, report, dumpPath);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    /// <summary>Writes one report, with the threads and modules of its minidump.</summary>
    public static void WriteOne(Stream output, ReportRecord report, string dumpPath, MinidumpFile dump)
    {
        using Utf8JsonWriter writer = new(output, Indented);
        writer.WriteStartObject();
        WriteRecord(writer, report, dumpPath);
        MinidumpJson.WriteThreads(writer, dump);
        MinidumpJson.WriteModules(writer, dump);
        writer.WriteEndObject();
    }

    /// <summary>A state as scripts know it.</summary>
    public static string StateName(ReportState state) => state.ToString().ToLowerInvariant();

    private static void WriteRecord(Utf8JsonWriter writer, ReportRecord report, string dumpPath)
    {
        writer.WriteString("id", report.Id);
        writer.WriteString("state", StateName(report.State));
        writer.WriteBoolean("uploaded", report.State == ReportState.Uploaded);
        writer.WriteString("serverId", report.ServerId);
        writer.WriteString("created", report.Created.UtcDateTime);
        writer.WriteString("processType", report.ProcessType);
        writer.WriteNumber("pid", report.ProcessId);
        writer.WriteNumber("threadId", report.ThreadId);
        writer.WriteString("reason", report.Reason);
        writer.WriteString("address", $"0x{report.Address:x}");
        writer.WriteString("executable", report.Executable);
        WriteException(writer, report.Exception);
        writer.WriteString("dump", dumpPath);
        writer.WriteNumber("attempts", report.Attempts);
        writer.WriteString("lastError", report.LastError);
        WriteTime(writer, "lastAttempt", report.LastAttempt);
        WriteTime(writer, "nextAttempt", report.NextAttempt);
        WriteTime(writer, "uploadedAt", report.UploadedAt);
        writer.WriteNumber("unanswered", report.Unanswered);
        writer.WriteBoolean("requested", report.ExplicitRequest);
        writer.WriteString("url", ShownUrl(report.Delivery.Url));
        writer.WriteStartArray("attachments");
        foreach (string name in report.Attachments)
        {
            writer.WriteStringValue(name);
        }

        writer.WriteEndArray();
        writer.WriteStartObject("parameters");
        foreach ((string key, string value) in report.Parameters.OrderBy(parameter => parameter.Key, StringComparer.Ordinal))
        {
            writer.WriteString(key, value);
        }

        writer.WriteEndObject();
        writer.WriteStartArray("softErrors");
        foreach (string error in report.SoftErrors)
        {
            writer.WriteStringValue(error);
        }

        writer.WriteEndArray();
    }

    /// <summary>A URL without credentials.</summary>
    public static string? ShownUrl(string? address)
        => address is null ? null : UrlRedaction.Redact(address);

    private static void WriteTime(Utf8JsonWriter writer, string name, DateTimeOffset? time)
    {
        if (time is { } known)
        {
            writer.WriteString(name, known.UtcDateTime);
        }
        else
        {
            writer.WriteNull(name);
        }
    }

    private static void WriteException(Utf8JsonWriter writer, ReportException? exception)
    {
        if (exception is null)
        {
            writer.WriteNull("exception");
            return;
        }

        writer.WriteStartObject("exception");
        writer.WriteString("type", exception.Type);
        writer.WriteString("message", exception.Message);
        writer.WriteString("text", exception.Text);
        writer.WriteEndObject();
    }
}
