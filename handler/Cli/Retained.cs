using System.Text.Json;
using CrashHandler.Handler.Minidump;
using CrashHandler.Handler.Reports;

namespace CrashHandler.Handler.Cli;

/// <summary>What went and what is kept, as <c>reports delete</c> and <c>reports prune</c> say it; scripts depend on the names of the JSON.</summary>
internal static class Retained
{
    private const double Mebibyte = 1 << 20;

    /// <summary>Says what was found, and what hindered.</summary>
    public static void Complain(string problem) => Console.Error.WriteLine($"crash-handler: {TerminalText.Escape(problem)}");

    /// <summary>Says when room does not come back at once.</summary>
    public static void ComplainOfDelay(bool hasEnded, ReportDatabase database)
    {
        if (!hasEnded)
        {
            Complain($"the reports are gone, their room comes back later: the handler that holds '{database.Path}/uploads.lock' sends another report, or is stopped");
        }
    }

    /// <summary>A number of things.</summary>
    public static string Count(int count, string singular) => count == 1 ? $"1 {singular}" : $"{count:N0} {singular}s";

    /// <summary>Bytes as people read them.</summary>
    public static string Size(long bytes) => $"{bytes / Mebibyte:0.00} MiB";

    /// <summary>Writes what <c>prune</c> did, for people.</summary>
    public static void WriteText(TextWriter output, ReportDatabase database, PruneOutcome outcome, bool isDryRun)
    {
        if (outcome.Removed.Count > 0)
        {
            TextTable.Write(output, ["GOES", "ID", "SINCE (UTC)", TableColumn.Elastic("FOR ITS"), "BYTES"], outcome.Removed.Select(removal => new[]
            {
                What(removal), removal.Item.Id, Time(removal.Item), Reason(removal), $"{removal.Bytes}",
            }), TerminalWidth.OfOutput());
        }

        output.WriteLine(outcome.Removed.Count == 0 ? "Nothing is over the limits."
            : $"{Count(outcome.Removed.Count, "thing")} {(isDryRun ? "would go" : "went")}, {Size(outcome.Removed.Sum(removal => removal.Bytes))}.");
        List<StoredItem> reports = [.. outcome.Kept.Where(item => item.Kind != StoredKind.Quarantined)];
        output.WriteLine($"{Count(reports.Count, "report")} kept, {Size(Bytes(reports))}.");
        List<StoredItem> quarantine = [.. outcome.Kept.Where(item => item.Kind == StoredKind.Quarantined).OrderBy(item => item.Since)];
        if (quarantine.Count > 0)
        {
            output.WriteLine($"In quarantine, '{TerminalText.Escape(database.Quarantine.Path)}', {Size(Bytes(quarantine))}:");
            TextTable.Write(output, ["NAME", "SINCE (UTC)", "BYTES"], quarantine.Select(item => new[] { item.Id, Time(item), $"{item.Bytes}" }));
        }
    }

    /// <summary>Writes what <c>prune</c> did, as JSON.</summary>
    public static void WriteJson(ReportDatabase database, RetentionLimits limits, PruneOutcome outcome, bool isDryRun) => WriteJson(writer =>
    {
        writer.WriteString("database", database.Path);
        writer.WriteBoolean("dryRun", isDryRun);
        writer.WriteNumber("maxAgeDays", (int)limits.MaxAge.TotalDays);
        writer.WriteNumber("maxBytes", limits.MaxBytes);
        writer.WriteNumber("maxReports", limits.MaxReports);
        writer.WriteStartArray("removed");
        foreach (Removal removal in outcome.Removed)
        {
            writer.WriteStartObject();
            writer.WriteString("what", What(removal));
            writer.WriteString("id", removal.Item.Id);
            writer.WriteString("since", removal.Item.Since.UtcDateTime);
            writer.WriteString("reason", Reason(removal));
            writer.WriteNumber("bytes", removal.Bytes);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteNumber("bytes", outcome.Removed.Sum(removal => removal.Bytes));
        writer.WriteBoolean("hasEnded", outcome.HasEnded);
        List<StoredItem> reports = [.. outcome.Kept.Where(item => item.Kind != StoredKind.Quarantined)];
        writer.WriteNumber("keptReports", reports.Count);
        writer.WriteNumber("keptBytes", Bytes(reports));
        WriteItems(writer, "quarantine", outcome.Kept.Where(item => item.Kind == StoredKind.Quarantined).OrderBy(item => item.Since));
    });

    /// <summary>Writes one object to standard output.</summary>
    public static void WriteJson(Action<Utf8JsonWriter> members)
    {
        using Stream output = StandardOutput.Open();
        using (Utf8JsonWriter writer = new(output, ReportJson.Indented))
        {
            writer.WriteStartObject();
            members(writer);
            writer.WriteEndObject();
        }

        output.WriteByte((byte)'\n');
    }

    /// <summary>Writes reports, or what is in quarantine.</summary>
    public static void WriteItems(Utf8JsonWriter writer, string name, IEnumerable<StoredItem> items)
    {
        writer.WriteStartArray(name);
        foreach (StoredItem item in items)
        {
            writer.WriteStartObject();
            writer.WriteString("id", item.Id);
            writer.WriteString("since", item.Since.UtcDateTime);
            writer.WriteNumber("bytes", item.Bytes + item.HeapDumpBytes);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    /// <summary>Writes texts.</summary>
    public static void WriteNames(Utf8JsonWriter writer, string name, IEnumerable<string> texts)
    {
        writer.WriteStartArray(name);
        foreach (string text in texts)
        {
            writer.WriteStringValue(text);
        }

        writer.WriteEndArray();
    }

    private static long Bytes(IEnumerable<StoredItem> items) => items.Sum(item => item.Bytes + item.HeapDumpBytes);

    private static string Time(StoredItem item) => $"{item.Since.UtcDateTime:yyyy-MM-dd HH:mm:ss}";

    private static string What(Removal removal) => removal.IsHeapDumpOnly ? "heapdump" : removal.Item.Kind == StoredKind.Quarantined ? "quarantined" : "report";

    private static string Reason(Removal removal) => removal.Reason.ToString().ToLowerInvariant();
}
