using System.Text.Json.Nodes;
using CrashHandler.Handler.Reports;
using CrashHandler.Tests.Tools;
using Xunit;

namespace CrashHandler.Tests.Reports;

public sealed class RecordDefaultsTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("defaults").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void MembersThatAreMissingHaveTheirDefaults()
    {
        ReportDatabase database = ReportDatabase.Create(_directory);
        ReportRecord report = SampleReport.File(database, DateTimeOffset.UnixEpoch);
        string path = Path.ChangeExtension(database.DumpPath(report), ".json");
        JsonObject json = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        json.Remove("softErrors");
        json.Remove("version");
        File.WriteAllText(path, json.ToJsonString());

        ReportRecord read = database.Find(report.Id)!;

        Assert.Empty(read.SoftErrors);
        Assert.Equal(ReportRecord.CurrentVersion, read.Version);
    }
}
