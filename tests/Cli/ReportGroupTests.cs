using System.Text.Json;
using CrashHandler.Handler.Cli;
using CrashHandler.Handler.Reports;
using CrashHandler.Tests.Reports;
using Xunit;

namespace CrashHandler.Tests.Cli;

public sealed class ReportGroupTests
{
    [Fact]
    public void ReportsOfADatabaseAreGrouped()
    {
        using TestDatabase database = new();
        database.File(1, with: record => record with { Signature = "A | B" });
        ReportRecord newest = database.File(9, with: record => record with { Signature = "A | B", ProcessType = "renderer", Parameters = new Dictionary<string, string> { ["_productName"] = "App" } });
        database.File(5, with: record => record with { Signature = "A | B" });
        database.File(7, with: record => record with { Signature = "C", State = ReportState.Skipped });
        database.File(3);
        database.File(8);
        database.File(10, with: record => record with { Signature = "C", CaptureReason = "slow", Reason = "requested: slow" });

        IReadOnlyList<ReportGroup> groups = ReportGroup.Of(database.Database.Read());

        Assert.Equal(
            [("C", (string?)null, true, 1), ("A | B", null, false, 3), (null, "SIGSEGV /SEGV_MAPERR", false, 2), ("C", null, false, 1)],
            groups.Select(group => (group.Signature, group.Reason, group.IsCaptured, group.Count)));
        ReportGroup first = groups[1];
        Assert.Equal((newest.Id, newest.Created, newest.Created.AddMinutes(-8)), (first.Example, first.LastSeen, first.FirstSeen));
        Assert.Equal(["main", "renderer"], first.ProcessTypes);
        Assert.Equal(["App"], first.Products);
    }

    [Fact]
    public void AsATable()
    {
        ReportGroup[] groups = [.. Groups("A | \u001b[31mB", null)];
        using StringWriter writer = new();
        ReportGroups.WriteText(writer, groups);
        string[] lines = writer.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Matches("^COUNT +FIRST SEEN \\(UTC\\) +LAST SEEN \\(UTC\\) +TYPE +PRODUCT +NEWEST ONE +SIGNATURE$", lines[0]);
        Assert.EndsWith(@"(no signature) SIGSEGV /SEGV_MAPERR", lines[1], StringComparison.Ordinal);
        Assert.Matches("^1 +2026-01-02 03:04:05 +2026-01-02 03:04:05 +main +- ", lines[2]);
        Assert.EndsWith(@"  A | \u{1b}[31mB", lines[2], StringComparison.Ordinal);
    }

    [Fact]
    public void AsJson()
    {
        using MemoryStream stream = new();
        ReportGroups.WriteJson(stream, [.. Groups("A | B", null)]);
        JsonElement[] groups = [.. JsonElement.Parse(stream.ToArray()).EnumerateArray()];
        string[] names = ["signature", "reason", "captured", "count", "firstSeen", "lastSeen", "processTypes", "products", "example"];
        Assert.All(groups, group => Assert.Equal(names, group.EnumerateObject().Select(property => property.Name)));
        Assert.Equal((JsonValueKind.Null, "SIGSEGV /SEGV_MAPERR"), (groups[0].GetProperty("signature").ValueKind, groups[0].GetProperty("reason").GetString()));
        Assert.Equal(("A | B", JsonValueKind.Null, 1, "2026-01-02T03:04:05Z"), (groups[1].GetProperty("signature").GetString(), groups[1].GetProperty("reason").ValueKind, groups[1].GetProperty("count").GetInt32(), groups[1].GetProperty("lastSeen").GetString()));
    }

    [Fact]
    public void NamesOfAGroupAreBounded()
        => Assert.Equal(8, ReportGroup.Of(Enumerable.Range(0, 100).Select(i => TestDatabase.Record(Guid.NewGuid()) with { Signature = "A", ProcessType = $"type {i}" })).Single().ProcessTypes.Count);

    private static IReadOnlyList<ReportGroup> Groups(params string?[] signatures)
        => ReportGroup.Of(signatures.Select((signature, minute) => TestDatabase.Record(Guid.NewGuid(), minute) with { Signature = signature }));
}
