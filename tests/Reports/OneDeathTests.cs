using CrashHandler.Handler.Reports;
using Xunit;

namespace CrashHandler.Tests.Reports;

/// <summary>Several handlers that are told of one death. A flock belongs to an open file, so threads stand for processes here.</summary>
public sealed class OneDeathTests : IDisposable
{
    private readonly TestDatabase _database = new();

    public void Dispose() => _database.Dispose();

    [Fact]
    public void ADeathThatIsAReportIsNotMadeTwice()
    {
        Guid id = Guid.Parse(_database.File().Id);
        string[] before = _database.Files();

        Assert.Null(_database.Database.BeginReport(id));

        Assert.Equal(before, _database.Files());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void WhileAnotherHandlerMakesItItIsWaitedFor(bool commits)
    {
        PendingReport first = _database.Begin();
        using ManualResetEventSlim waiting = new();
        PendingReport? second = null;
        Thread thread = new(() => second = _database.Database.BeginReport(first.Id, step =>
        {
            if (step == FilingStep.Waiting)
            {
                waiting.Set();
            }
        }));
        thread.Start();
        waiting.Wait(TestContext.Current.CancellationToken);

        if (commits)
        {
            first.Commit(TestDatabase.Record(first.Id), dump => dump.Write(TestDatabase.Dump));
        }

        first.Dispose();
        thread.Join();

        Assert.Equal(commits, second is null);
        second?.Commit(TestDatabase.Record(first.Id), dump => dump.Write(TestDatabase.Dump));
        second?.Dispose();
        Assert.Equal([$"pending/{first.Id}.dmp", $"pending/{first.Id}.json"], _database.Files());
    }

    [Fact]
    public void AStoppedHandlerIsNotWaitedForForEver()
    {
        using PendingReport stopped = _database.Begin();

        DatabaseException told = Assert.Throws<DatabaseException>(() => _database.Database.BeginReport(stopped.Id, limit: TimeSpan.FromMilliseconds(50)));

        Assert.Contains(stopped.Id.ToString(), told.Message);
    }

    /// <summary>Some of them die on the way, sweeps run all the time, and the uploader takes reports further.</summary>
    [Fact]
    public void HoweverManyAreToldAtOnceThereIsOneReport()
    {
        const int Deaths = 60, Handlers = 4;
        using CancellationTokenSource done = new();
        int made = 0;
        Thread sweeper = new(() =>
        {
            while (!done.IsCancellationRequested)
            {
                _database.Sweep();
                foreach (ReportRecord report in _database.ListPending())
                {
                    _database.Database.Update(report with { State = ReportState.Uploaded });
                }
            }
        });
        sweeper.Start();
        try
        {
            for (int death = 0; death < Deaths; death++)
            {
                Guid id = Guid.NewGuid();
                using Barrier together = new(Handlers);
                Thread[] handlers =
                [
                    .. Enumerable.Range(0, Handlers).Select(index => new Thread(() =>
                    {
                        ReportDatabase own = ReportDatabase.OpenExisting(_database.Root);
                        together.SignalAndWait();
                        if (index == 0)
                        {
                            // A handler that dies: its lock goes, its files stay.
                            string path = _database.PathOf("new", $"{id}.dmp");
                            NewDump.TryClaim(path)?.Dispose();
                            return;
                        }

                        using PendingReport? report = own.BeginReport(id);
                        if (report is not null)
                        {
                            report.Commit(TestDatabase.Record(id), dump => dump.Write(TestDatabase.Dump));
                            Interlocked.Increment(ref made);
                        }
                    })),
                ];
                Array.ForEach(handlers, handler => handler.Start());
                Array.ForEach(handlers, handler => handler.Join());
            }
        }
        finally
        {
            done.Cancel();
            sweeper.Join();
        }

        _database.Sweep();
        Assert.Equal(Deaths, made);
        Assert.Equal(Deaths, _database.Database.List().Count);
        Assert.Equal(2 * Deaths, _database.Files().Length);
    }
}
