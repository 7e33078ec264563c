using System.Text.Json;

namespace CrashHandler.Tests.EndToEnd;

/// <summary>A running <c>crash-handler collect</c> and what arrived there.</summary>
internal sealed class Collector(RunningProcess process, string store, Sandbox sandbox)
{
    private const string Announcement = "listening on ";

    /// <summary>Where to send.</summary>
    public string Url { get; } = ReadUrl(process);

    /// <summary>Waits for a number of reports; returns their files without extension, oldest first.</summary>
    public IReadOnlyList<string> WaitFor(int count)
        => sandbox.Until(() => Arrived() is { } arrived && arrived.Count >= count ? arrived : null, () => $"{count} reports at the collector, there are {Arrived().Count}");

    /// <summary>The fields of a report that arrived.</summary>
    public static Dictionary<string, string> Fields(string report)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(report + ".json"));
        return document.RootElement.GetProperty("fields").EnumerateObject().ToDictionary(field => field.Name, field => field.Value.GetString()!);
    }

    private static string ReadUrl(RunningProcess process)
    {
        string line = process.ReadLine();
        return line.StartsWith(Announcement, StringComparison.Ordinal) ? line[Announcement.Length..]
            : throw new InvalidOperationException($"the collector said '{line}'");
    }

    /// <summary>The reports that arrived by now: their files without extension, oldest first.</summary>
    public List<string> Arrived() => [.. new DirectoryInfo(store).EnumerateFiles("*.json").OrderBy(file => file.LastWriteTimeUtc).Select(file => file.FullName[..^".json".Length])];
}
