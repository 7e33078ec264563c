using System.Text.Json;
using CrashHandler.Handler.Daemon;
using CrashHandler.Handler.Reports;

namespace CrashHandler.Handler.Cli;

/// <summary><see cref="DatabaseStatus"/> as JSON; scripts depend on the names (handler/README.md).</summary>
internal static class DatabaseStatusJson
{
    /// <summary>Writes them.</summary>
    public static void Write(Stream output, IEnumerable<DatabaseStatus> all)
    {
        using Utf8JsonWriter writer = new(output, ReportJson.Indented);
        writer.WriteStartArray();
        foreach (DatabaseStatus status in all)
        {
            Write(writer, status);
        }

        writer.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter writer, DatabaseStatus status)
    {
        writer.WriteStartObject();
        writer.WriteBoolean("running", status.Handler is not null);
        if (status.Handler is { } handler)
        {
            StatusJson.WriteMembers(writer, handler with { Waiting = status.Waiting });
        }
        else
        {
            writer.WriteNull("handlerPid");
            writer.WriteString("database", status.Database);
            writer.WriteBoolean("uploads", status.Permission != UploadPermission.Off);
            writer.WriteBoolean("paused", status.Permission == UploadPermission.Paused);
            writer.WriteStartArray("clients");
            writer.WriteEndArray();
            StatusJson.WriteQueue(writer, status.Waiting, sending: null, nextAttempt: null);
        }

        writer.WriteBoolean("applicationUploads", status.ApplicationUploads);
        writer.WriteBoolean("operatorUploads", status.OperatorUploads);
        writer.WriteStartObject("reports");
        foreach ((ReportState state, int count) in status.Reports.OrderBy(state => state.Key))
        {
            writer.WriteNumber(ReportJson.StateName(state), count);
        }

        writer.WriteEndObject();
        WriteUsage(writer, status.Usage);
        writer.WriteStartArray("handlerDeaths");
        foreach (HandlerDeath death in status.HandlerDeaths)
        {
            writer.WriteStartObject();
            writer.WriteNumber("pid", death.ProcessId);
            writer.WriteString("noticed", death.Noticed?.ToString("O"));
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WriteUsage(Utf8JsonWriter writer, DatabaseUsage usage)
    {
        writer.WriteStartObject("disk");
        writer.WriteNumber("total", usage.Total);
        writer.WriteNumber("dumps", usage.Dumps);
        writer.WriteNumber("stacks", usage.Stacks);
        writer.WriteNumber("records", usage.Records);
        writer.WriteNumber("attachments", usage.Attachments);
        writer.WriteNumber("heapDumps", usage.HeapDumps);
        writer.WriteNumber("unfinished", usage.Unfinished);
        writer.WriteNumber("quarantine", usage.Quarantine);
        writer.WriteNumber("other", usage.Other);
        writer.WriteBoolean("truncated", usage.IsTruncated);
        writer.WriteNumber("free", usage.Free);
        writer.WriteEndObject();
    }
}
