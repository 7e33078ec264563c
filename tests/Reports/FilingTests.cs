using System.Text.Json.Nodes;
using CrashHandler.Handler.Reports;
using Xunit;

namespace CrashHandler.Tests.Reports;

public sealed class FilingTests : IDisposable
{
    private readonly TestDatabase _database = new();

    public void Dispose() => _database.Dispose();

    [Fact]
    public void ACommittedReportIsItsDumpAndItsRecord()
    {
        ReportRecord report = _database.File();

        Assert.Equal([$"pending/{report.Id}.dmp", $"pending/{report.Id}.json"], _database.Files());
        Assert.Equal(TestDatabase.Dump, File.ReadAllBytes(_database.Database.DumpPath(report)));
        Assert.Equal(ReportState.Pending, report.State);
        Assert.Equal("0", report.Parameters["minute"]);
    }

    [Fact]
    public void WithoutCommitNothingIsLeft()
    {
        using (PendingReport report = _database.Begin())
        {
            Assert.Equal([$"new/{report.Id}.dmp"], _database.Files());
        }

        Assert.Empty(_database.Files());
    }

    [Fact]
    public void WithUploadsOffItIsSkippedAndCompleted()
    {
        _database.Database.Settings.SetUploads(false);

        ReportRecord report = _database.File();

        Assert.Equal(ReportState.Skipped, report.State);
        Assert.Equal([$"completed/{report.Id}.dmp", $"completed/{report.Id}.json"], _database.Files());
        Assert.Empty(_database.ListPending());
    }

    [Fact]
    public void BrokenSettingsCostNoReport()
    {
        _ = _database.Database.Settings.ClientId;
        File.WriteAllText(Path.Combine(_database.Root, "settings.json"), "{");
        File.WriteAllText(Path.Combine(_database.Root, "settings.json.bak"), "{");

        Assert.Equal(ReportState.Pending, _database.File().State);
    }

    [Fact]
    public async Task ADumpIsReadWhileItsFilerStillHoldsIt()
    {
        using PendingReport report = _database.Begin();
        report.Commit(TestDatabase.Record(report.Id), dump => dump.Write(TestDatabase.Dump));
        ReportRecord record = _database.Only(report.Id.ToString());

        Assert.Equal(TestDatabase.Dump, TestDatabase.ReadDump(_database.Database, record));
    }

    [Fact]
    public void ADumpWithoutRecordAndARecordWithoutDumpAreNoReports()
    {
        ReportRecord whole = _database.File();
        ReportRecord noDump = _database.File();
        File.Delete(_database.Database.DumpPath(noDump));
        File.WriteAllBytes(_database.PathOf("pending", $"{Guid.NewGuid()}.dmp"), TestDatabase.Dump);

        Assert.Equal(whole.Id, Assert.Single(_database.Database.List()).Id);
        Assert.Equal(whole.Id, Assert.Single(_database.ListPending()).Id);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("[1]")]
    [InlineData("{\"id\":")]
    public void ABrokenRecordIsToldAndLeft(string contents)
    {
        ReportRecord whole = _database.File();
        string path = _database.PathOf("pending", $"{Guid.NewGuid()}.json");
        File.WriteAllText(path, contents);
        List<string> problems = [];

        Assert.Equal(whole.Id, Assert.Single(_database.Database.List(problems.Add)).Id);

        Assert.Contains(path, Assert.Single(problems));
        Assert.Equal(contents, File.ReadAllText(path));
    }

    [Theory]
    [InlineData("id", "\"../../../etc/passwd\"")]
    [InlineData("id", "\"5e1286fc-da97-479e-918b-6bfb0c3d1c72\"")]
    [InlineData("id", "null")]
    [InlineData("state", "\"frozen\"")]
    [InlineData("state", "99")]
    [InlineData("parameters", "null")]
    [InlineData("reason", "\"\\ud800\"")]
    [InlineData("created", "\"yesterday\"")]
    public void ARecordWithAWrongMemberIsToldAndLeft(string member, string value)
    {
        ReportRecord report = _database.File();
        string path = _database.PathOf("pending", $"{report.Id}.json");
        JsonObject json = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        json.Remove(member);
        File.WriteAllText(path, json.ToJsonString().Insert(1, $"\"{member}\":{value},"));
        List<string> problems = [];

        Assert.Empty(_database.Database.List(problems.Add));

        Assert.Contains(path, Assert.Single(problems));
        Assert.True(File.Exists(path));
    }

    [Fact]
    public void ARecordWhoseNameIsNoIdIsTold()
    {
        ReportRecord report = _database.File();
        string renamed = _database.PathOf("pending", "..json");
        File.Move(_database.PathOf("pending", $"{report.Id}.json"), renamed);
        List<string> problems = [];

        Assert.Empty(_database.Database.List(problems.Add));
        Assert.Contains(renamed, Assert.Single(problems));
    }

    [Fact]
    public void AnOversizedRecordIsNotRead()
    {
        ReportRecord report = _database.File();
        using (FileStream file = File.OpenWrite(_database.PathOf("pending", $"{report.Id}.json")))
        {
            file.SetLength(ReportsLimits.MaxJsonBytes + 1L);
        }

        List<string> problems = [];

        Assert.Empty(_database.Database.List(problems.Add));
        Assert.Contains($"more than {ReportsLimits.MaxJsonBytes} bytes", Assert.Single(problems));
    }

    [Fact]
    public void APipeOrALinkInPlaceOfARecordDoesNotHoldAnybodyUp()
    {
        string pipe = _database.PathOf("pending", $"{Guid.NewGuid()}.json");
        Assert.Equal(0, Mono.Unix.Native.Syscall.mkfifo(pipe, Mono.Unix.Native.FilePermissions.S_IRUSR | Mono.Unix.Native.FilePermissions.S_IWUSR));
        File.CreateSymbolicLink(_database.PathOf("pending", $"{Guid.NewGuid()}.json"), "/dev/zero");
        List<string> problems = [];

        Assert.Empty(_database.Database.List(problems.Add));

        Assert.Equal(2, problems.Count);
    }

    [Fact]
    public void UnknownMembersSurviveAnUpdate()
    {
        ReportRecord report = _database.File();
        string path = _database.PathOf("pending", $"{report.Id}.json");
        File.WriteAllText(path, File.ReadAllText(path).Insert(1, "\"fromTheFuture\":{\"a\":[1,null]},"));

        _database.Database.Update(_database.Only(report.Id) with { State = ReportState.Uploaded, ServerId = "x" });

        JsonNode after = JsonNode.Parse(File.ReadAllText(_database.PathOf("completed", $"{report.Id}.json")))!;
        Assert.Equal("{\"a\":[1,null]}", after["fromTheFuture"]!.ToJsonString());
        Assert.Equal("uploaded", (string?)after["state"]);
    }

    [Fact]
    public void AReportSomebodyRemovedStaysRemoved()
    {
        ReportRecord report = _database.File();
        File.Delete(_database.PathOf("pending", $"{report.Id}.json"));
        File.Delete(_database.PathOf("pending", $"{report.Id}.dmp"));

        _database.Database.Update(report with { State = ReportState.Uploaded });

        Assert.Empty(_database.Files());
    }

    [Fact]
    public void OnlyOneUploaderAtATime()
    {
        ReportDatabase second = ReportDatabase.OpenExisting(_database.Root);
        using (IDisposable? first = _database.Database.TryLockUploads())
        {
            Assert.NotNull(first);
            Assert.Null(second.TryLockUploads());
        }

        using IDisposable? taken = second.TryLockUploads();
        Assert.NotNull(taken);
    }
}
