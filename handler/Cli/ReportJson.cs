using System.Text.Json;
using CrashHandler.Handler.Minidump;
using CrashHandler.Handler.Minidump.Format;
using CrashHandler.Handler.Reports;
using CrashHandler.Handler.Stacks;
using CrashHandler.Protocol;

namespace CrashHandler.Handler.Cli;

/// <summary>Reports as JSON, as <c>reports list --json</c> and <c>reports show --json</c> write them; scripts depend on the names.</summary>
internal static class ReportJson
{
    /// <summary>How all JSON of the command line is written.</summary>
    public static readonly JsonWriterOptions Indented = new() { Indented = true, NewLine = "\n" };

    /// <summary>Writes an array of reports.</summary>
    public static void WriteList(Stream output, IEnumerable<ReportRecord> reports, ReportDatabase database)
    {
        using Utf8JsonWriter writer = new(output, Indented);
        writer.WriteStartArray();
        foreach (ReportRecord report in reports)
        {
            writer.WriteStartObject();
            WriteRecord(writer, report, DumpPath(report, database), database.HeapDumpPath(report));
            writer.WriteEndObject();
            if (writer.BytesPending > CliLimits.OutputBufferBytes)
            {
                // Into the output's own buffer. Never is a list of thousands in memory as a whole, and who closes the pipe is noticed.
                writer.Flush();
            }
        }

        writer.WriteEndArray();
    }

    /// <summary>Writes one report of a database, on one line.</summary>
    public static void WriteLine(Stream output, ReportRecord report, ReportDatabase database)
        => JsonLine.Write(output, writer => WriteRecord(writer, report, DumpPath(report, database), database.HeapDumpPath(report)));

    /// <summary>Writes one report, with its stacks, and the threads and modules of its minidump.</summary>
    public static void WriteOne(Stream output, ReportRecord report, string? dumpPath, string? heapDumpPath, MinidumpFile dump, StoredStacks stacks)
    {
        using Utf8JsonWriter writer = new(output, Indented);
        writer.WriteStartObject();
        WriteRecord(writer, report, dumpPath, heapDumpPath);
        WriteCommandLine(writer, dump);
        WriteStacks(writer, stacks);
        MinidumpJson.WriteThreads(writer, dump);
        MinidumpJson.WriteModules(writer, dump);
        writer.WriteEndObject();
    }

    /// <summary>A state as scripts know it.</summary>
    public static string StateName(ReportState state) => state.ToString().ToLowerInvariant();

    /// <summary>Writes the members of a report. Headers, which may be credentials, are none of them, and URLs are without.</summary>
    /// <param name="writer">In an object.</param>
    /// <param name="report">The report.</param>
    /// <param name="dumpPath">Where its dump is, for whoever reads this; null: there is none.</param>
    /// <param name="heapDumpPath">Likewise; null: there is none.</param>
    /// <param name="heapDumpBytes">Its size; null: that of the file there.</param>
    public static void WriteRecord(Utf8JsonWriter writer, ReportRecord report, string? dumpPath, string? heapDumpPath, long? heapDumpBytes = null)
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
        writer.WriteString("signature", report.Signature);
        writer.WriteString("managedSource", report.ManagedSource);
        writer.WriteString("managedProblem", report.ManagedProblem);
        writer.WriteString("captureReason", report.CaptureReason);
        WriteNumber(writer, "frozenMilliseconds", report.FrozenMilliseconds);
        writer.WriteString("access", report.Access);
        writer.WriteString("dump", dumpPath);
        WriteEnd(writer, report);
        WriteHeapDump(writer, heapDumpPath, heapDumpBytes);
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
        writer.WriteBoolean("sanitized", report.IsSanitized);
        writer.WriteBoolean("environment", report.HasEnvironment);
        writer.WriteStartArray("softErrors");
        foreach (string error in report.SoftErrors)
        {
            writer.WriteStringValue(error);
        }

        writer.WriteEndArray();
    }

    private static string? DumpPath(ReportRecord report, ReportDatabase database) => report.HasDump ? database.DumpPath(report) : null;

    private static void WriteEnd(Utf8JsonWriter writer, ReportRecord report)
    {
        if (report.End is not { } end)
        {
            writer.WriteNull("end");
            return;
        }

        writer.WriteStartObject("end");
        writer.WriteNumber("signal", report.Signal);
        WriteNumber(writer, "waitStatus", end.WaitStatus);
        WriteNumber(writer, "oomKills", end.OomKills);
        writer.WriteString("cgroup", end.Cgroup);
        WriteNumber(writer, "cgroupLimit", end.CgroupLimit);
        WriteNumber(writer, "cgroupUse", end.CgroupUse);
        WriteNumber(writer, "cgroupPeak", end.CgroupPeak);
        WriteNumber(writer, "resident", end.Resident);
        WriteNumber(writer, "residentPeak", end.ResidentPeak);
        WriteNumber(writer, "swapped", end.Swapped);
        WriteNumber(writer, "memoryAge", end.MemoryAge);
        WriteNumber(writer, "oomScoreAdjust", end.OomScoreAdjust);
        writer.WriteEndObject();
    }

    /// <summary>A URL without credentials.</summary>
    public static string? ShownUrl(string? address)
        => address is null ? null : UrlRedaction.Redact(address);

    private static void WriteNumber(Utf8JsonWriter writer, string name, double? number)
    {
        if (number is { } known)
        {
            writer.WriteNumber(name, known);
        }
        else
        {
            writer.WriteNull(name);
        }
    }

    /// <summary>The process's arguments, the program first; null: the dump has none.</summary>
    private static void WriteCommandLine(Utf8JsonWriter writer, MinidumpFile dump)
    {
        if (!dump.LinuxFiles.TryGetValue(MinidumpStreamType.LinuxCmdLine, out string? command))
        {
            writer.WriteNull("commandLine");
            return;
        }

        writer.WriteStartArray("commandLine");
        foreach (string argument in (command.EndsWith('\0') ? command[..^1] : command).Split('\0'))
        {
            writer.WriteStringValue(argument);
        }

        writer.WriteEndArray();
    }

    // As it is, with whatever a later version may have put into it.
    private static void WriteStacks(Utf8JsonWriter writer, StoredStacks stacks)
    {
        if (stacks.Json is { } json)
        {
            writer.WritePropertyName("stacks");
            // Not its bytes: who made them may have put a terminal's commands there, and it nests deeper than a writer takes unasked.
            using JsonDocument document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = StacksLimits.DocumentDepth });
            document.RootElement.WriteTo(writer);
        }
        else
        {
            writer.WriteNull("stacks");
        }

        writer.WriteString("stacksProblem", stacks.Problem);
    }

    private static void WriteHeapDump(Utf8JsonWriter writer, string? path, long? bytes)
    {
        if (path is null)
        {
            writer.WriteNull("heapDump");
            return;
        }

        writer.WriteStartObject("heapDump");
        writer.WriteString("path", path);
        writer.WriteNumber("bytes", bytes ?? new FileInfo(path).Length);
        writer.WriteEndObject();
    }

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
