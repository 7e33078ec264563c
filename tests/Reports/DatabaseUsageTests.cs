using CrashHandler.Handler.Reports;
using Xunit;

namespace CrashHandler.Tests.Reports;

public sealed class DatabaseUsageTests : IDisposable
{
    private readonly TestDatabase _database = new();

    public void Dispose() => _database.Dispose();

    [Fact]
    public void EveryFileIsCountedAsWhatItIs()
    {
        string id = Guid.NewGuid().ToString();
        Put("pending", $"{id}.dmp", 1);
        Put("completed", $"{id}.dmp", 2);
        Put("pending", $"{id}.managed.json", 4);
        Put("completed", $"{id}.json", 8);
        Put($"attachments/{id}", "app.log", 16);
        Put("heapdumps", $"{id}.core", 32);
        Put("new", $"{id}.dmp", 64);
        Put("quarantine", "what", 128);
        Put("", "handler.log", 256);
        Put("handlers", "run-1-1", 512);
        File.CreateSymbolicLink(Path.Combine(_database.Root, "pending", "link"), "/");

        DatabaseUsage usage = DatabaseUsage.Of(_database.Root);

        Assert.Equal((3, 4, 16, 32, 64, 128), (usage.Dumps, usage.Stacks, usage.Attachments, usage.HeapDumps, usage.Unfinished, usage.Quarantine));
        Assert.InRange(usage.Records, 8, 8 + 4096);
        Assert.InRange(usage.Other, 256 + 512, long.MaxValue);
        Assert.Equal(usage.Total, usage.Dumps + usage.Stacks + usage.Records + usage.Attachments + usage.HeapDumps + usage.Unfinished + usage.Quarantine + usage.Other);
        Assert.InRange(usage.Free, 1, long.MaxValue);
        Assert.False(usage.IsTruncated);
    }

    [Theory]
    [InlineData("""{"id":"ID","version":1,"state":"uploaded","broken""", nameof(ReportState.Uploaded))]
    [InlineData("""{"id":"ID","parameters":{"state":"failed"},"state":"skipped","version":1""", nameof(ReportState.Skipped))]
    public void AStateIsReadFromTheBeginningOfARecord(string record, string state)
    {
        string id = Guid.NewGuid().ToString();
        File.WriteAllText(_database.PathOf("completed", $"{id}.json"), record.Replace("ID", id, StringComparison.Ordinal));
        File.WriteAllBytes(_database.PathOf("completed", $"{id}.dmp"), TestDatabase.Dump);

        Assert.Equal([KeyValuePair.Create(Enum.Parse<ReportState>(state), 1)], _database.Database.CountStates());
    }

    [Fact]
    public void ARecordThatHasItsStateElsewhereIsReadWhole()
    {
        ReportRecord report = _database.File();
        _database.Database.Update(report with { State = ReportState.Failed });
        string path = _database.PathOf("completed", $"{report.Id}.json");
        string text = File.ReadAllText(path).Replace("""  "state": "failed",""", "", StringComparison.Ordinal).TrimEnd('}', '\n', ' ');
        File.WriteAllText(path, $$"""{{text}}, "later": "{{new string('x', 2 * ReportsLimits.StateBytes)}}", "state": "failed" }""");

        Assert.Equal([KeyValuePair.Create(ReportState.Failed, 1)], _database.Database.CountStates());
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("""{"id":"ID","state":"dancing"}""")]
    [InlineData("""{"id":"ID","state":7}""")]
    [InlineData("""[{"state":"failed"}]""")]
    public void ABrokenRecordIsNoReport(string record)
    {
        string id = Guid.NewGuid().ToString();
        File.WriteAllText(_database.PathOf("completed", $"{id}.json"), record.Replace("ID", id, StringComparison.Ordinal));
        File.WriteAllBytes(_database.PathOf("completed", $"{id}.dmp"), TestDatabase.Dump);

        Assert.Empty(_database.Database.CountStates());
    }

    private void Put(string directory, string name, int bytes)
    {
        Directory.CreateDirectory(Path.Combine(_database.Root, directory));
        File.WriteAllBytes(Path.Combine(_database.Root, directory, name), new byte[bytes]);
    }
}
