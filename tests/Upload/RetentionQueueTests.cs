using CrashHandler.Handler.Reports;
using CrashHandler.Handler.Upload;
using CrashHandler.Tests.Reports;
using Xunit;

namespace CrashHandler.Tests.Upload;

/// <summary>When the holder of the upload lock looks through what is kept: at its start, after a report, daily; and never at what it sends.</summary>
public sealed class RetentionQueueTests : QueueFixture
{
    [Fact]
    public async Task ItLooksAtTheStartAfterAReportAndDaily()
    {
        TimeSpan age = TimeSpan.FromDays(2);
        DateTimeOffset start = Time.GetUtcNow();
        ReportRecord old = File(start - age - TimeSpan.FromMinutes(1)), oldest = File(start - age + TimeSpan.FromHours(6)), oldTomorrow = File(start - age + TimeSpan.FromHours(12));
        ReportRecord first = File(start);
        Start(null, new RetentionLimits(age, 1 << 20, 3));
        Assert.Equal(UploadLimits.LookAgain, await Time.NextWaitAsync(Cancellation));
        AssertLeft(oldest, oldTomorrow, first);

        ReportRecord second = File(start.AddMinutes(1));
        Queue.Wake();
        Assert.Equal(UploadLimits.LookAgain, await Time.NextWaitAsync(Cancellation));
        AssertLeft(oldTomorrow, first, second);
        Assert.Null(Reports.Database.Find(old.Id));

        string orphan = Reports.PathOf("completed", $"{Guid.NewGuid()}.dmp");
        System.IO.File.WriteAllBytes(orphan, TestDatabase.Dump);
        for (int look = 0; look < ReportsLimits.RetentionInterval / UploadLimits.LookAgain; look++)
        {
            Assert.True(System.IO.File.Exists(orphan), $"it was swept at look {look}");
            AssertLeft(oldTomorrow, first, second);
            Time.Advance(UploadLimits.LookAgain);
            Assert.Equal(UploadLimits.LookAgain, await Time.NextWaitAsync(Cancellation));
        }

        AssertLeft(first, second);
        Assert.Single(Reports.Database.Quarantine.Stock());
        Assert.False(System.IO.File.Exists(orphan));
    }

    [Fact]
    public async Task WhatItSendsIsInUseAndNobodyDeletesIt()
    {
        ReportRecord report = File(Time.GetUtcNow(), ReportState.Pending);
        await using ScriptedServer server = new(ScriptedServer.Silence, ScriptedServer.Answer(200, "x"));
        Start(server.Url, RetentionLimits.Default);
        await server.NextAsync(Cancellation);

        Assert.True(Reports.Database.IsInUse(report));
        Assert.Equal([report.Id], new ReportDeletion(Reports.Database).Delete([report.Id], problem => Assert.Fail(problem), out _));
        Time.Advance(UploadLimits.Attempt);

        Assert.Equal(UploadPolicy.Delay(report.Id, 1), await Time.NextWaitAsync(Cancellation));
        Assert.False(Reports.Database.IsInUse(report, ReportsLimits.UsePatience));
        Assert.Equal(ReportState.Pending, Reports.Only(report.Id).State);
    }

    [Fact]
    public async Task WhatIsDeletedWhileItWaitsIsNotSent()
    {
        ReportRecord second = File(Time.GetUtcNow().AddMinutes(-1), ReportState.Pending), first = File(Time.GetUtcNow(), ReportState.Pending);
        await using ScriptedServer server = new(ScriptedServer.Answer(200, "x"));
        Start(server.Url, RetentionLimits.Default);
        Assert.Equal(UploadLimits.BetweenUploads, await Time.NextWaitAsync(Cancellation));

        new ReportDeletion(Reports.Database).Begin([second.Id]);
        // As the watch of the database does.
        Queue.Wake();
        Assert.Equal(UploadLimits.LookAgain, await Time.NextWaitAsync(Cancellation));

        Assert.Equal((first.Id, ReportState.Uploaded), (Assert.Single(Reports.Database.List()).Id, Reports.Only(first.Id).State));
        Assert.DoesNotContain(Reports.AllFiles(), file => file.Contains(second.Id));
        await server.NextAsync(Cancellation);
        Assert.Equal(0, server.Unread);
    }

    private ReportRecord File(DateTimeOffset created, ReportState state = ReportState.Failed) => Reports.File(with: record => record with { Created = created, State = state });

    private void AssertLeft(params ReportRecord[] reports)
        => Assert.Equal(reports.Select(report => report.Id).Order(), Reports.Database.List().Select(report => report.Id).Order());
}
