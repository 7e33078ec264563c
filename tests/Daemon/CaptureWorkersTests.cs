using System.Collections.Concurrent;
using CrashHandler.Handler.Daemon;
using CrashHandler.Protocol;
using Serilog;
using Xunit;

namespace CrashHandler.Tests.Daemon;

/// <summary>Which of the threads does what, and when: the captures here are made up.</summary>
public sealed class CaptureWorkersTests : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    private readonly EventLoop _loop = new(TimeProvider.System);
    private readonly Thread _thread;
    private readonly CaptureWorkers _workers;
    private readonly ConcurrentQueue<string> _done = new();
    private readonly ConcurrentDictionary<int, ReleaseOutcome> _outcomes = new();
    private readonly ConcurrentDictionary<int, int> _threads = new();
    private readonly ManualResetEventSlim _mayCapture = new();
    private Func<CaptureJob, WrittenReport> _capture;

    public CaptureWorkersTests()
    {
        _capture = Written;
        _workers = new CaptureWorkers(job => _capture(job), (job, outcome) => _outcomes[job.Identity.ProcessId] = outcome, _loop, TimeProvider.System, () => Log.Logger);
        _thread = new Thread(_loop.Run);
        _thread.Start();
    }

    public void Dispose()
    {
        _mayCapture.Set();
        _loop.Post(_loop.Stop);
        _thread.Join();
        _loop.Dispose();
        _mayCapture.Dispose();
    }

    [Fact]
    public void OfAStormAllDumpsAreWrittenBeforeOneIsFiled()
    {
        int[] storm = [.. Enumerable.Range(1, DaemonLimits.ProcessesInHand)];

        Enqueue(storm);
        _mayCapture.Set();

        Settle(storm);
        Assert.All(_outcomes.Values, outcome => Assert.Equal(ReleaseOutcome.Reported, outcome));
        // A thread that finds nothing to write any more begins to file while the others write their last ones.
        string[] first = [.. _done.TakeWhile(done => done.StartsWith("written", StringComparison.Ordinal))];
        Assert.InRange(first.Length, storm.Length - DaemonLimits.CaptureWorkers, storm.Length);
        Assert.InRange(_threads.Values.Distinct().Count(), 1, DaemonLimits.CaptureWorkers);
    }

    [Fact]
    public void CrashesThatNeverEndDoNotKeepReportsFromBeingFiled()
    {
        int[] storm = [.. Enumerable.Range(1, DaemonLimits.ProcessesInHand * 4)];
        int unfiled = 0, highest = 0;
        _capture = job =>
        {
            WrittenReport report = Written(job);
            int now = Interlocked.Increment(ref unfiled);
            lock (_done)
            {
                highest = Math.Max(highest, now);
            }

            return new WrittenReport(job, report.Began, takesLong: false, () =>
            {
                Interlocked.Decrement(ref unfiled);
                return report.File();
            });
        };

        Enqueue(storm);
        _mayCapture.Set();

        Settle(storm);
        Assert.InRange(highest, DaemonLimits.CaptureWorkers, DaemonLimits.ProcessesInHand + DaemonLimits.CaptureWorkers);
    }

    [Fact]
    public void WhatTakesLongWaitsForTheOthersOfItsThreadAndHoldsNobodyUp()
    {
        using ManualResetEventSlim isHeld = new(), mayEnd = new();
        _capture = job => job.Identity.ProcessId != 1 ? Written(job) : new WrittenReport(job, Began, takesLong: true, () =>
        {
            isHeld.Set();
            mayEnd.Wait(s_limit);
            return ReleaseOutcome.Reported;
        });
        _mayCapture.Set();
        int[] others = [.. Enumerable.Range(2, 40)];

        Enqueue([1]);
        Assert.True(isHeld.Wait(s_limit, TestContext.Current.CancellationToken));
        Enqueue(others);
        Settle(others);
        Assert.False(_outcomes.ContainsKey(1));
        mayEnd.Set();

        Settle([1]);
    }

    [Fact]
    public void HoweverManyTakeLongEachHasAThreadOfItsOwn()
    {
        using ManualResetEventSlim mayEnd = new();
        _capture = job =>
        {
            WrittenReport report = Written(job);
            return new WrittenReport(job, report.Began, takesLong: true, () =>
            {
                report.File();
                mayEnd.Wait(s_limit);
                return ReleaseOutcome.Reported;
            });
        };
        // More than there are places, and all wait when the first is written: no thread may take a second one.
        int[] storm = [.. Enumerable.Range(1, DaemonLimits.CaptureWorkers * 3)];

        Enqueue(storm);
        _mayCapture.Set();

        Assert.True(SpinWait.SpinUntil(() => storm.All(job => _done.Contains($"filed {job}")), s_limit / 2), string.Join(", ", _done));
        Assert.Empty(_outcomes);
        Assert.Equal(storm.Length, _threads.Values.Distinct().Count());
        mayEnd.Set();
        Settle(storm);
    }

    [Fact]
    public void WhileOneWaitsForAnotherHandlerTheOthersOfItsThreadAreFiled()
    {
        _capture = job =>
        {
            if (job.Identity.ProcessId > DaemonLimits.CaptureWorkers)
            {
                int thread = Environment.CurrentManagedThreadId;
                job.Waits();
                Assert.All(_threads.Where(other => other.Value == thread), other => Assert.Contains($"filed {other.Key}", _done));
            }

            return Written(job);
        };
        int[] storm = [.. Enumerable.Range(1, DaemonLimits.CaptureWorkers * 3)];

        Enqueue(storm);
        _mayCapture.Set();

        Settle(storm);
        Assert.All(_outcomes.Values, outcome => Assert.Equal(ReleaseOutcome.Reported, outcome));
    }

    [Fact]
    public void AThreadThatHoldsAProcessFilesWhatItHasAndEnds()
    {
        _capture = job =>
        {
            job.TracerMustEnd = job.Identity.ProcessId == 1;
            return Written(job);
        };
        _mayCapture.Set();
        Enqueue([1]);
        Settle([1]);
        int[] next = [.. Enumerable.Range(2, 20)];

        Enqueue(next);

        Settle(next);
        Assert.DoesNotContain(_threads[1], next.Select(job => _threads[job]));
    }

    [Fact]
    public void AFailureCostsItsReportOnly()
    {
        _capture = job => job.Identity.ProcessId switch
        {
            1 => throw new IOException("the disk is full"),
            2 => new WrittenReport(job, Began, takesLong: false, () => throw new IOException("the disk is full")),
            _ => Written(job),
        };
        _mayCapture.Set();

        Enqueue([1, 2, 3]);

        Settle([1, 2, 3]);
        Assert.Equal([ReleaseOutcome.NotReported, ReleaseOutcome.NotReported, ReleaseOutcome.Reported], _outcomes.OrderBy(outcome => outcome.Key).Select(outcome => outcome.Value));
    }

    [Fact]
    public void AProcessIsInOneHandAtATime()
    {
        int inHand = 0, most = 0;
        _capture = job =>
        {
            most = Math.Max(most, Interlocked.Increment(ref inHand));
            WrittenReport report = Written(job);
            return new WrittenReport(job, report.Began, takesLong: false, () =>
            {
                Interlocked.Decrement(ref inHand);
                return report.File();
            });
        };

        Enqueue([1, 1, 1, 1, 1, 1]);
        _mayCapture.Set();

        Assert.True(SpinWait.SpinUntil(() => _done.Count == 12, s_limit), string.Join(", ", _done));
        Assert.Equal(1, most);
    }

    private static long Began => TimeProvider.System.GetTimestamp();

    private WrittenReport Written(CaptureJob job)
    {
        long began = Began;
        int id = job.Identity.ProcessId;
        _mayCapture.Wait(s_limit);
        _threads[id] = Environment.CurrentManagedThreadId;
        _done.Enqueue($"written {id}");
        return new WrittenReport(job, began, takesLong: false, () =>
        {
            _done.Enqueue($"filed {id}");
            return ReleaseOutcome.Reported;
        });
    }

    private void Enqueue(int[] processes)
    {
        foreach (int process in processes)
        {
            _workers.Enqueue(new CaptureJob(new ClientIdentity(process, 0), null, null, default));
        }
    }

    private void Settle(int[] processes)
        => Assert.True(SpinWait.SpinUntil(() => processes.All(_outcomes.ContainsKey), s_limit), $"{_outcomes.Count} of {processes.Length} ended");
}
