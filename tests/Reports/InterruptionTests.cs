using CrashHandler.Handler.Reports;
using Xunit;

namespace CrashHandler.Tests.Reports;

/// <summary>What a kill between any two steps leaves, made by hand; then what a reader sees, and what a sweep makes of it.</summary>
public sealed class InterruptionTests : IDisposable
{
    private readonly TestDatabase _database = new();

    public void Dispose() => _database.Dispose();

    [Theory]
    [InlineData(0, "new/ID.json")]
    [InlineData(0, "new/ID.json.tmp")]
    [InlineData(0, "pending/ID.json.tmp")]
    [InlineData(1, "pending/ID.dmp")]
    [InlineData(1, "pending/ID.dmp", "pending/ID.json.tmp")]
    [InlineData(1, "completed/ID.dmp", "completed/ID.json.tmp")]
    [InlineData(1, "pending/ID.managed.json")]
    [InlineData(2, "completed/ID.dmp", "completed/ID.managed.json")]
    [InlineData(0, "new/ID.managed.json")]
    [InlineData(0, "new/ID.json", "new/ID.managed.json", "new/ID.managed.json.tmp")]
    [InlineData(1, "new/ID.dmp")] // finished, but by a handler that wrote no record before it
    public void WhatIsNoReportIsSwept(int kept, params string[] left)
    {
        Leave(Guid.NewGuid(), left, ReportState.Pending);

        Assert.Empty(_database.Database.List());
        _database.Sweep();

        Assert.Empty(_database.Files());
        Assert.Equal(kept, _database.Database.Quarantine.Stock().Count);
    }

    [Theory]
    [InlineData("pending/ID.dmp", "pending/ID.json")]
    [InlineData("pending/ID.dmp", "pending/ID.json", "pending/ID.json.tmp")]
    public void ACommittedReportStays(params string[] left)
    {
        Guid id = Guid.NewGuid();
        Leave(id, left, ReportState.Pending);

        AssertOne(id, ReportState.Pending);
        _database.Sweep();

        AssertOne(id, ReportState.Pending);
        Assert.Equal([$"pending/{id}.dmp", $"pending/{id}.json"], _database.Files());
    }

    [Theory]
    [InlineData(nameof(ReportState.Uploaded), "pending/ID.dmp", "pending/ID.json")]
    [InlineData(nameof(ReportState.Discarded), "pending/ID.dmp", "pending/ID.json")]
    [InlineData(nameof(ReportState.Failed), "completed/ID.dmp", "pending/ID.json")]
    [InlineData(nameof(ReportState.Uploaded), "completed/ID.dmp", "completed/ID.json")]
    public void WhatIsDoneWithStaysDoneWith(string stateName, params string[] left)
    {
        ReportState state = Enum.Parse<ReportState>(stateName);
        Guid id = Guid.NewGuid();
        Leave(id, left, state);

        AssertOne(id, state);
        _database.Sweep();
        AssertOne(id, state);
        _database.Sweep();

        AssertOne(id, state);
        Assert.Equal([$"completed/{id}.dmp", $"completed/{id}.json"], _database.Files());
    }

    [Theory]
    [InlineData("pending/ID.dmp", "pending/ID.json", "pending/ID.managed.json")]
    [InlineData("completed/ID.dmp", "pending/ID.json", "pending/ID.managed.json")]
    [InlineData("completed/ID.dmp", "pending/ID.json", "completed/ID.managed.json")]
    [InlineData("completed/ID.dmp", "completed/ID.json", "completed/ID.managed.json")]
    public void ItsStacksGoWithIt(params string[] left)
    {
        Guid id = Guid.NewGuid();
        Leave(id, left, ReportState.Uploaded);
        Assert.NotNull(_database.Database.StacksPath(_database.Only(id.ToString())));

        _database.Sweep();

        AssertOne(id, ReportState.Uploaded);
        Assert.Equal([$"completed/{id}.dmp", $"completed/{id}.json", $"completed/{id}.managed.json"], _database.Files());
    }

    /// <summary>Of a finished dump whose record, or stacks, were being written when their writer died.</summary>
    [Theory]
    [InlineData("new/ID.dmp", "new/ID.json", "new/ID.json.tmp")]
    [InlineData("new/ID.dmp", "new/ID.json", "new/ID.managed.json.tmp")]
    [InlineData("new/ID.dmp", "pending/ID.json", "new/ID.json.tmp")]
    public void WhatIsAdoptedLeavesNothingHalfWritten(params string[] left)
    {
        Guid id = Guid.NewGuid();
        Leave(id, left, ReportState.Pending);

        _database.Sweep();

        AssertOne(id, ReportState.Pending);
        Assert.Equal([$"pending/{id}.dmp", $"pending/{id}.json"], _database.Files());
    }

    [Fact]
    public void AfterAPowerCutThatKeptOnlyTheRecordsMoveTheDumpIsFound()
    {
        Guid id = Guid.NewGuid();
        Leave(id, ["pending/ID.dmp", "completed/ID.json"], ReportState.Uploaded);

        _database.Sweep();

        AssertOne(id, ReportState.Uploaded);
    }

    [Fact]
    public void WhenBothDirectoriesHaveTheRecordCompletedIsTheTruth()
    {
        Guid id = Guid.NewGuid();
        Leave(id, ["pending/ID.dmp", "pending/ID.json"], ReportState.Pending);
        Leave(id, ["completed/ID.dmp", "completed/ID.json"], ReportState.Uploaded);

        AssertOne(id, ReportState.Uploaded);
    }

    [Fact]
    public void ADumpThatIsBeingWrittenIsLeft()
    {
        PendingReport writing = _database.Begin();
        writing.Commit(TestDatabase.Record(writing.Id), dump =>
        {
            dump.Write(TestDatabase.Dump);
            string abandoned = _database.PathOf("new", $"{Guid.NewGuid()}.dmp");
            File.WriteAllBytes(abandoned, TestDatabase.Dump[5..]);

            _database.Sweep();

            Assert.False(File.Exists(abandoned));
        });
        writing.Dispose();
        AssertOne(writing.Id, ReportState.Pending);
    }

    [Fact]
    public void ADumpThatIsBeingFiledIsLeft()
    {
        PendingReport filing = _database.Begin(step =>
        {
            if (step is FilingStep.DumpWritten or FilingStep.StacksWriting or FilingStep.StacksStored or FilingStep.DumpFinished or FilingStep.StacksMoved or FilingStep.RecordMoved)
            {
                string[] before = _database.Files();
                _database.Sweep();
                Assert.Equal(before, _database.Files());
            }
        });
        filing.Write(TestDatabase.Record(filing.Id), dump => dump.Write(TestDatabase.Dump));
        TestDatabase.AddStacks(filing);
        filing.File();
        filing.Dispose();
        Assert.Equal([$"pending/{filing.Id}.dmp", $"pending/{filing.Id}.json", $"pending/{filing.Id}.managed.json"], _database.Files());
        Assert.Equal(TestDatabase.Stacks, File.ReadAllBytes(_database.Database.StacksPath(Assert.Single(_database.ListPending()))!));
    }

    [Fact]
    public void ReportsBegunDuringSweepsAreAllFiled()
    {
        using CancellationTokenSource done = new();
        Thread sweeper = new(() =>
        {
            while (!done.IsCancellationRequested)
            {
                _database.Sweep();
            }
        });
        sweeper.Start();
        try
        {
            for (int i = 0; i < 200; i++)
            {
                _database.File(i);
            }
        }
        finally
        {
            done.Cancel();
            sweeper.Join();
        }

        Assert.Equal(200, _database.Database.List().Count);
    }

    [Fact]
    public void WhatCannotBeSweptIsToldAndTheRestIsSwept()
    {
        File.CreateSymbolicLink(_database.PathOf("new", "a.dmp"), "/etc/passwd");
        File.WriteAllText(_database.PathOf("new", "b.dmp"), "");
        List<string> problems = [];

        _database.Sweep(problems.Add);

        Assert.Contains(problems, problem => problem.Contains("a.dmp", StringComparison.Ordinal));
        Assert.Contains(problems, problem => problem.StartsWith("No report b", StringComparison.Ordinal));
        Assert.Equal(2, problems.Count);
        Assert.Equal(["new/a.dmp"], _database.Files());
    }

    private void AssertOne(Guid id, ReportState state)
    {
        ReportRecord report = Assert.Single(_database.Database.List());
        Assert.Equal((id.ToString(), state), (report.Id, report.State));
        Assert.Equal(TestDatabase.Dump, File.ReadAllBytes(_database.Database.DumpPath(report)));
        Assert.Equal(state == ReportState.Pending ? 1 : 0, _database.ListPending().Count);
    }

    private void Leave(Guid id, string[] files, ReportState state)
    {
        ReportRecord source = _database.File(with: record => record with { State = state });
        string json = File.ReadAllText(_database.PathOf(state == ReportState.Pending ? "pending" : "completed", $"{source.Id}.json"));
        foreach (string file in _database.Files().Where(file => file.Contains(source.Id)))
        {
            File.Delete(Path.Combine(_database.Root, file));
        }

        foreach (string file in files)
        {
            string path = Path.Combine(_database.Root, file.Replace("ID", id.ToString()));
            File.WriteAllBytes(path, file.EndsWith(".dmp") ? TestDatabase.Dump : System.Text.Encoding.UTF8.GetBytes(json.Replace(source.Id, id.ToString())));
        }
    }
}
