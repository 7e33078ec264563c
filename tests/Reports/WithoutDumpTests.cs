using System.Text.Json.Nodes;
using CrashHandler.Handler.Reports;
using Xunit;

namespace CrashHandler.Tests.Reports;

/// <summary>
/// A report without a dump: its empty file guards it as any other's does. Killed at each step of its filing there is a whole report or none, and what moves, deletes and sweeps reports takes it for
/// one.
/// </summary>
public sealed class WithoutDumpTests : IDisposable
{
    private static readonly Guid s_end = Guid.Parse("0f0e0d0c-0b0a-8908-8706-050403020101");

    private readonly TestDatabase _database = new();
    private readonly TestDatabase _left = new();

    public static TheoryData<string, bool> Steps
    {
        get
        {
            TheoryData<string, bool> data = [];
            foreach (FilingStep step in (FilingStep[])[FilingStep.Claimed, FilingStep.RecordWritten, FilingStep.DumpWritten, FilingStep.DumpFinished, FilingStep.RecordMoved, FilingStep.DumpMoved, FilingStep.Filed])
            {
                data.Add(step.ToString(), true);
                data.Add(step.ToString(), false);
            }

            return data;
        }
    }

    public void Dispose()
    {
        _database.Dispose();
        _left.Dispose();
    }

    [Theory]
    [MemberData(nameof(Steps))]
    public void KilledAtAnyStepItIsWholeOrNone(string step, bool areUploadsOn)
    {
        FilingStep at = Enum.Parse<FilingStep>(step);
        FileLeaving(at, areUploadsOn);
        Assert.Equal(at >= FilingStep.DumpMoved ? 1 : 0, _left.Database.List().Count);
        List<string> told = [];

        _left.Sweep(told.Add);

        Assert.Equal(at >= FilingStep.DumpMoved ? 0 : 1, told.Count);
        Assert.Empty(_left.Database.Quarantine.Stock());
        if (at == FilingStep.Claimed)
        {
            Assert.Empty(_left.Files());
            return;
        }

        AssertWhole(_left, areUploadsOn);
        told.Clear();
        _left.Sweep(told.Add);
        Assert.Empty(told);
        AssertWhole(_left, areUploadsOn);
    }

    [Theory]
    [MemberData(nameof(Steps))]
    public void SeenOnceMoreItIsOneReport(string step, bool areUploadsOn)
    {
        FilingStep at = Enum.Parse<FilingStep>(step);
        FileLeaving(at, areUploadsOn);

        using (PendingReport? again = _left.Database.BeginReport(s_end))
        {
            Assert.Equal(at == FilingStep.Claimed, again is not null);
            again?.Commit(Record(s_end), _ => { });
        }

        AssertWhole(_left, areUploadsOn);
    }

    /// <summary>A handler that runs on, and may be making another one, ends it as well.</summary>
    [Fact]
    public void WhereOnlyTheEmptyDumpIsLeftItIsFiledByAHandlerThatRuns()
    {
        FileLeaving(FilingStep.RecordMoved, areUploadsOn: true);

        _left.Database.Recover(isAlone: false);

        AssertWhole(_left, areUploadsOn: true);
    }

    [Fact]
    public void ItMovesAndGoesAsAnyOther()
    {
        ReportRecord report = File(_database, s_end);
        Assert.Equal(report.Id, _database.Database.FindPending(report.Id)?.Id);

        _database.Database.Update(report with { State = ReportState.Failed, LastError = "no dump, no report" });

        Assert.Equal([$"completed/{s_end}.dmp", $"completed/{s_end}.json"], _database.Files());
        Assert.Equal(report.End, _database.Only(report.Id).End);
        Assert.False(_database.Only(report.Id).HasDump);
        List<string> told = [];
        _database.Sweep(told.Add);
        Assert.Empty(told);
        Assert.Empty(new ReportDeletion(_database.Database).Delete([report.Id], told.Add, out bool hasEnded));
        Assert.True(hasEnded);
        Assert.Empty(_database.Files());
        Assert.Empty(_database.Database.Quarantine.Stock());
    }

    [Fact]
    public void InUseItIsNotDeleted()
    {
        ReportRecord report = File(_database, s_end);
        using (_database.Database.Use(report))
        {
            Assert.Equal([report.Id], new ReportDeletion(_database.Database).Delete([report.Id], _ => { }, out _));
        }

        Assert.Equal(report.Id, _database.Only(report.Id).Id);
    }

    /// <summary>Whatever older handlers stored has a dump.</summary>
    [Fact]
    public void WhoDoesNotSayHasADump()
    {
        ReportRecord report = _database.File();
        string path = Path.ChangeExtension(_database.Database.DumpPath(report), ".json");
        JsonObject json = JsonNode.Parse(System.IO.File.ReadAllText(path))!.AsObject();
        Assert.True(json.Remove("hasDump"));
        System.IO.File.WriteAllText(path, json.ToJsonString());

        Assert.True(_database.Only(report.Id).HasDump);
    }

    [Theory]
    [InlineData(42, 0, 0, true)]
    [InlineData(43, 0, 0, false)]
    // An earlier process of that pid; a record that nobody touched for longer than a death takes.
    [InlineData(42, 1, 0, false)]
    [InlineData(42, 0, 1, false)]
    public void ADeathThatIsToldIsFound(int pid, int startedMinutes, int writtenMinutes, bool isFound)
    {
        ReportRecord report = _database.File();

        string? found = ToldDeaths.Find(_database.Database, pid, report.Created.AddMinutes(startedMinutes), DateTimeOffset.UtcNow.AddMinutes(writtenMinutes * 2 - 1));

        Assert.Equal(isFound ? report.Id : null, found);
    }

    /// <summary>Another handler is at it: its report comes. One that is dead leaves one only if its dump was finished.</summary>
    [Fact]
    public void ADeathThatIsBeingToldIsFoundAndOneThatIsLostIsNot()
    {
        using (PendingReport report = _database.Begin())
        {
            report.Write(TestDatabase.Record(report.Id), dump =>
            {
                dump.Write(TestDatabase.Dump.AsSpan(0, 3));
                _database.CopyTo(_left);
                dump.Write(TestDatabase.Dump.AsSpan(3));
            });

            Assert.Equal(report.Id.ToString(), Find(_database));
            Assert.Null(Find(_left));
        }

        static string? Find(TestDatabase database) => ToldDeaths.Find(database.Database, 42, DateTimeOffset.MinValue, DateTimeOffset.MinValue);
    }

    [Fact]
    public void AReportThatWasAskedForIsNoDeath()
    {
        _database.File(with: record => record with { CaptureReason = "why not" });
        File(_database, s_end);

        Assert.Null(ToldDeaths.Find(_database.Database, 42, DateTimeOffset.MinValue, DateTimeOffset.MinValue));
    }

    private static ReportRecord Record(Guid id) => TestDatabase.Record(id) with
    {
        HasDump = false,
        Reason = "killed (SIGKILL)",
        Signal = 9,
        End = new ReportEnd { WaitStatus = 9, OomKills = 0, Cgroup = "/sys/fs/cgroup/a", Resident = 1 << 20, MemoryAge = 2.5, OomScoreAdjust = -5 },
    };

    private static ReportRecord File(TestDatabase database, Guid id)
    {
        using PendingReport report = database.Database.BeginReport(id)!;
        report.Commit(Record(id), _ => { });
        return database.Only(id.ToString());
    }

    private void FileLeaving(FilingStep step, bool areUploadsOn)
    {
        _database.Database.Settings.SetUploads(areUploadsOn);
        bool isReached = false;
        using PendingReport report = _database.Database.BeginReport(s_end, passed =>
        {
            if (passed == step && !isReached)
            {
                isReached = true;
                _database.CopyTo(_left);
            }
        })!;
        report.Commit(Record(s_end), _ => { });
        Assert.True(isReached);
    }

    private static void AssertWhole(TestDatabase database, bool areUploadsOn)
    {
        ReportRecord report = Assert.Single(database.Database.List());
        Assert.Equal((s_end.ToString(), areUploadsOn ? ReportState.Pending : ReportState.Skipped, false), (report.Id, report.State, report.HasDump));
        Assert.Equal(Record(s_end).End, report.End);
        string directory = areUploadsOn ? "pending" : "completed";
        Assert.Equal([$"{directory}/{s_end}.dmp", $"{directory}/{s_end}.json"], database.Files());
        Assert.Empty(TestDatabase.ReadDump(database.Database, report));
    }
}
