using System.Globalization;
using System.Text.Json;

namespace CrashHandler.Handler.Cli;

/// <summary>Groups of reports, as <c>reports list --group</c> writes them; scripts depend on the names of the JSON.</summary>
internal static class ReportGroups
{
    /// <summary>Writes a table.</summary>
    public static void WriteText(TextWriter output, IReadOnlyList<ReportGroup> groups, int? width = null)
    {
        List<string[]> rows = [];
        foreach (ReportGroup group in groups)
        {
            rows.Add([
                group.Count.ToString(CultureInfo.InvariantCulture), Time(group.FirstSeen), Time(group.LastSeen), Names(group.ProcessTypes), Names(group.Products), group.Example,
                (group.IsCaptured ? "(asked for) " : "") + (group.Signature ?? $"(no signature) {group.Reason}"),
            ]);
        }

        TextTable.Write(output, ["COUNT", "FIRST SEEN (UTC)", "LAST SEEN (UTC)", TableColumn.Elastic("TYPE"), TableColumn.Elastic("PRODUCT"), "NEWEST ONE", TableColumn.Elastic("SIGNATURE")], rows, width);
    }

    /// <summary>Writes an array.</summary>
    public static void WriteJson(Stream output, IReadOnlyList<ReportGroup> groups)
    {
        using Utf8JsonWriter writer = new(output, ReportJson.Indented);
        writer.WriteStartArray();
        foreach (ReportGroup group in groups)
        {
            writer.WriteStartObject();
            writer.WriteString("signature", group.Signature);
            writer.WriteString("reason", group.Reason);
            writer.WriteBoolean("captured", group.IsCaptured);
            writer.WriteNumber("count", group.Count);
            writer.WriteString("firstSeen", group.FirstSeen.UtcDateTime);
            writer.WriteString("lastSeen", group.LastSeen.UtcDateTime);
            WriteNames(writer, "processTypes", group.ProcessTypes);
            WriteNames(writer, "products", group.Products);
            writer.WriteString("example", group.Example);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteNames(Utf8JsonWriter writer, string property, IEnumerable<string> names)
    {
        writer.WriteStartArray(property);
        foreach (string name in names)
        {
            writer.WriteStringValue(name);
        }

        writer.WriteEndArray();
    }

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    private static string Names(IReadOnlyCollection<string> names) => names.Count == 0 ? "-" : string.Join(",", names);
}
