using System.Text.Json.Nodes;
using CrashHandler.Handler.Reports;
using Xunit;

namespace CrashHandler.Tests.Reports;

public sealed class RecordDefaultsTests : IDisposable
{
    private readonly TestDatabase _database = new();

    public void Dispose() => _database.Dispose();

    [Fact]
    public void MembersThatAreMissingHaveTheirDefaults()
    {
        ReportRecord report = _database.File();
        string path = Path.ChangeExtension(_database.Database.DumpPath(report), ".json");
        JsonObject json = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        json.Remove("softErrors");
        json.Remove("version");
        File.WriteAllText(path, json.ToJsonString());

        ReportRecord read = _database.Only(report.Id);

        Assert.Empty(read.SoftErrors);
        Assert.Equal(ReportRecord.CurrentVersion, read.Version);
    }
}
