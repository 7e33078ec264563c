using CrashHandler.Handler.Reports;
using CrashHandler.Handler.Upload;
using CrashHandler.Tests.Reports;
using CrashHandler.Tests.Tools;
using Serilog;
using Xunit;

namespace CrashHandler.Tests.Upload;

/// <summary>When the holder of the upload lock looks through what is kept: at its start, after a report, daily; and never at what it sends.</summary>
public sealed class RetentionQueueTests : IAsyncDisposable
{
    private readonly TestDatabase _database = new();
    private readonly ManualTimeProvider _time = new();
    private readonly CancellationTokenSource _stopping = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private UploadQueue? _queue;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await (_queue?.Finished ?? Task.CompletedTask);
        _database.Dispose();
        _stopping.Dispose();
    }

    [Fact]
    public async Task ItLooksAtTheStartAfterAReportAndDaily()
    {
        TimeSpan age = TimeSpan.FromDays(2);
        DateTimeOffset start = _time.GetUtcNow();
        ReportRecord old = File(start - age - TimeSpan.FromMinutes(1)), oldest = File(start - age + TimeSpan.FromHours(6)), oldTomorrow = File(start - age + TimeSpan.FromHours(12));
        ReportRecord first = File(start);
        Start(null, new RetentionLimits(age, 1 << 20, 3));
        Assert.Equal(UploadLimits.LookAgain, await _time.NextWaitAsync(Cancellation));
        AssertLeft(oldest, oldTomorrow, first);

        ReportRecord second = File(start.AddMinutes(1));
        _queue!.Wake();
        Assert.Equal(UploadLimits.LookAgain, await _time.NextWaitAsync(Cancellation));
        AssertLeft(oldTomorrow, first, second);
        Assert.Null(_database.Database.Find(old.Id));

        string orphan = _database.PathOf("completed", $"{Guid.NewGuid()}.dmp");
        System.IO.File.WriteAllBytes(orphan, TestDatabase.Dump);
        for (int look = 0; look < ReportsLimits.RetentionInterval / UploadLimits.LookAgain; look++)
        {
            Assert.True(System.IO.File.Exists(orphan), $"it was swept at look {look}");
            AssertLeft(oldTomorrow, first, second);
            _time.Advance(UploadLimits.LookAgain);
            Assert.Equal(UploadLimits.LookAgain, await _time.NextWaitAsync(Cancellation));
        }

        AssertLeft(first, second);
        Assert.Single(_database.Database.Quarantine.Stock());
        Assert.False(System.IO.File.Exists(orphan));
    }

    [Fact]
    public async Task WhatItSendsIsInUseAndNobodyDeletesIt()
    {
        ReportRecord report = File(_time.GetUtcNow(), ReportState.Pending);
        await using ScriptedServer server = new(ScriptedServer.Silence, ScriptedServer.Answer(200, "x"));
        Start(server.Url, RetentionLimits.Default);
        await server.NextAsync(Cancellation);

        Assert.True(_database.Database.IsInUse(report));
        Assert.Equal([report.Id], new ReportDeletion(_database.Database).Delete([report.Id], problem => Assert.Fail(problem), out _));
        _time.Advance(UploadLimits.Attempt);

        Assert.Equal(UploadPolicy.Delay(report.Id, 1), await _time.NextWaitAsync(Cancellation));
        Assert.False(_database.Database.IsInUse(report, ReportsLimits.UsePatience));
        Assert.Equal(ReportState.Pending, _database.Only(report.Id).State);
    }

    [Fact]
    public async Task WhatIsDeletedWhileItWaitsIsNotSent()
    {
        ReportRecord second = File(_time.GetUtcNow().AddMinutes(-1), ReportState.Pending), first = File(_time.GetUtcNow(), ReportState.Pending);
        await using ScriptedServer server = new(ScriptedServer.Answer(200, "x"));
        Start(server.Url, RetentionLimits.Default);
        Assert.Equal(UploadLimits.BetweenUploads, await _time.NextWaitAsync(Cancellation));

        new ReportDeletion(_database.Database).Begin([second.Id]);
        // As the watch of the database does.
        _queue!.Wake();
        Assert.Equal(UploadLimits.LookAgain, await _time.NextWaitAsync(Cancellation));

        Assert.Equal((first.Id, ReportState.Uploaded), (Assert.Single(_database.Database.List()).Id, _database.Only(first.Id).State));
        Assert.DoesNotContain(_database.AllFiles(), file => file.Contains(second.Id));
        await server.NextAsync(Cancellation);
        Assert.Equal(0, server.Unread);
    }

    private ReportRecord File(DateTimeOffset created, ReportState state = ReportState.Failed) => _database.File(with: record => record with { Created = created, State = state });

    private void Start(Uri? url, RetentionLimits limits)
    {
        Retention retention = new(_database.Database, limits, _time, _ => { });
        _queue = new UploadQueue(_database.Database, url, _time, new Lazy<ILogger>(Log.Logger), retention: retention);
        _queue.Start(_stopping.Token);
    }

    private void AssertLeft(params ReportRecord[] reports)
        => Assert.Equal(reports.Select(report => report.Id).Order(), _database.Database.List().Select(report => report.Id).Order());
}
