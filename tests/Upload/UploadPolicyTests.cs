using System.Text;
using CrashHandler.Handler.Reports;
using CrashHandler.Handler.Upload;
using CrashHandler.Tests.Reports;
using Xunit;

namespace CrashHandler.Tests.Upload;

public class UploadPolicyTests
{
    private static readonly DateTimeOffset s_now = new(2026, 5, 6, 7, 8, 9, TimeSpan.Zero);
    private static readonly ReportRecord s_report = TestDatabase.Record(Guid.Empty);

    [Theory]
    [InlineData(200)]
    [InlineData(201)]
    [InlineData(202)]
    [InlineData(203)]
    public void Accepted(int status)
    {
        ReportRecord after = Answer(status, "bp-1");

        Assert.Equal((ReportState.Uploaded, "bp-1", "bp-1", s_now), (after.State, after.ServerId, after.ServerAnswer, after.UploadedAt));
        Assert.Equal((1, null, null), (after.Attempts, after.LastError, after.NextAttempt));
    }

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(307)]
    [InlineData(308)]
    [InlineData(400)]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(404)]
    [InlineData(405)]
    [InlineData(410)]
    [InlineData(411)]
    [InlineData(413)]
    [InlineData(415)]
    [InlineData(422)]
    public void Permanent(int status)
    {
        ReportRecord after = Answer(status, "no\nmore");

        Assert.Equal((ReportState.Failed, $"the server answered {status}: no", 1), (after.State, after.LastError, after.Attempts));
        Assert.Null(after.NextAttempt);
        Assert.Null(after.ServerId);
    }

    [Theory]
    [InlineData(408)]
    [InlineData(425)]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(504)]
    public void Transient(int status)
    {
        ReportRecord after = Answer(status, "  \r\n");

        Assert.Equal((ReportState.Pending, $"the server answered {status}", 1), (after.State, after.LastError, after.Attempts));
        Assert.Equal(s_now + UploadPolicy.Delay(s_report.Id, 1), after.NextAttempt);
    }

    [Fact]
    public void DiscardedIsDoneButNotUploaded()
    {
        ReportRecord after = Answer(200, " Discarded=rule_1\n");

        Assert.Equal((ReportState.Discarded, "Discarded=rule_1"), (after.State, after.ServerAnswer));
        Assert.Contains("Discarded=rule_1", after.LastError);
        Assert.Null(after.UploadedAt);
        Assert.Null(after.ServerId);
    }

    [Theory]
    [InlineData("CrashID=bp-5e12\n", "bp-5e12", "CrashID=bp-5e12")]
    [InlineData("\r\n 5e12 \r\n\t", "5e12", "5e12")]
    [InlineData("first\nsecond", "first", "first\nsecond")]
    [InlineData("{\"id\":\"a\",\"x\":1}", "a", "{\"id\":\"a\",\"x\":1}")]
    [InlineData("{\"response\":\"ok\",\"_rxid\":\"b-c\"}", "b-c", "{\"response\":\"ok\",\"_rxid\":\"b-c\"}")]
    [InlineData("{\"status\":\"success\",\"crashId\":123456789012}", "123456789012", "{\"status\":\"success\",\"crashId\":123456789012}")]
    [InlineData("{\"id\":null,\"crashId\":7}", "7", "{\"id\":null,\"crashId\":7}")]
    [InlineData("{\"a\":1}", "{\"a\":1}", "{\"a\":1}")]
    [InlineData("{no json", "{no json", "{no json")]
    [InlineData("{\"id\":\"\\ud800\"}", "{\"id\":\"\\ud800\"}", "{\"id\":\"\\ud800\"}")]
    [InlineData("", "", "")]
    public void TheServersIdAndItsWholeAnswerAreKept(string body, string id, string answer)
    {
        ReportRecord after = Answer(200, body);

        Assert.Equal((ReportState.Uploaded, id, answer), (after.State, after.ServerId, after.ServerAnswer));
    }

    [Theory]
    [InlineData("x", 4_096)]
    [InlineData("é", 2_048)]
    [InlineData("名", 1_365)]
    [InlineData("🎉", 1_024)]
    public void AnAnswerIsKeptUpTo4KiBOfWholeCharacters(string character, int kept)
    {
        string? answer = Answer(200, new StringBuilder().Insert(0, character, 5_000).ToString()).ServerAnswer;

        Assert.Equal(new StringBuilder().Insert(0, character, kept).ToString(), answer);
    }

    [Theory]
    [InlineData(5, 5)]
    [InlineData(86_400, 86_400)]
    [InlineData(86_401, 86_400)]
    [InlineData(int.MaxValue, 86_400)]
    [InlineData(0, null)]
    [InlineData(-3_600, null)]
    public void RetryAfterIsHonouredToADayAndNotIntoThePast(int seconds, int? delay)
    {
        ReportRecord after = UploadPolicy.Answered(s_report, new ServerAnswer(429, "", TimeSpan.FromSeconds(seconds)), s_now);

        Assert.Equal(s_now + (delay is { } asked ? TimeSpan.FromSeconds(asked) : UploadPolicy.Delay(s_report.Id, 1)), after.NextAttempt);
    }

    [Fact]
    public void TenAnsweredFailuresGiveAReportUp()
    {
        ReportRecord report = s_report;
        for (int attempt = 1; attempt < UploadLimits.MaxAnsweredFailures; attempt++)
        {
            report = UploadPolicy.Answered(report, new ServerAnswer(500, "", null), s_now);
            Assert.Equal((ReportState.Pending, attempt), (report.State, report.Attempts));
        }

        report = UploadPolicy.Answered(report, new ServerAnswer(500, "", TimeSpan.FromSeconds(1)), s_now);

        Assert.Equal((ReportState.Failed, 10), (report.State, report.Attempts));
        Assert.Null(report.NextAttempt);
    }

    [Fact]
    public void WithoutAnAnswerItIsNoAttemptAndTheDelaysGrowToTheirLimit()
    {
        ReportRecord report = s_report;
        List<double> seconds = [];
        for (int i = 0; i < 100; i++)
        {
            report = UploadPolicy.Unanswered(report, "refused", s_now);
            seconds.Add((report.NextAttempt!.Value - s_now).TotalSeconds);
        }

        double[] expected = [5, 15, 45, 135, 405, 1_215, 3_645, 10_935, 28_800, 28_800];
        Assert.All(expected.Zip(seconds), pair => Assert.InRange(pair.Second, pair.First, 1.2 * pair.First));
        Assert.InRange(seconds[^1], 28_800, 1.2 * 28_800);
        Assert.Equal((ReportState.Pending, 0, "refused", s_now), (report.State, report.Attempts, report.LastError, report.LastAttempt));
    }

    [Fact]
    public void AnsweredFailuresGrowTheDelaysToo()
    {
        ReportRecord twice = UploadPolicy.Answered(Answer(503, ""), new ServerAnswer(503, "", null), s_now);

        Assert.Equal(s_now + UploadPolicy.Delay(s_report.Id, 2), twice.NextAttempt);
    }

    [Theory]
    [InlineData(null, 0)]
    [InlineData(-5, 0)]
    [InlineData(0, 0)]
    [InlineData(90, 90)]
    [InlineData(86_400, 86_400)]
    [InlineData(86_401, 0)]
    public void AReportIsDueInTimeAndAtOnceIfTheClockWasSetBack(int? next, int due)
        => Assert.Equal(TimeSpan.FromSeconds(due), UploadPolicy.UntilDue(Waiting(s_report with { NextAttempt = next is { } seconds ? s_now.AddSeconds(seconds) : null }), s_now, null));

    [Theory]
    [InlineData(-1, false, 3_599)]
    [InlineData(-3_600, false, 0)]
    [InlineData(-1, true, 0)]
    [InlineData(1, false, 0)]
    [InlineData(null, false, 0)]
    public void UnderTheRateLimitAReportWaitsAnHourFromTheLastUnlessItIsAskedFor(int? last, bool isExplicit, int due)
        => Assert.Equal(TimeSpan.FromSeconds(due), UploadPolicy.UntilDue(
            Waiting(s_report with { Delivery = new ReportDelivery(RateLimit: true), ExplicitRequest = isExplicit }), s_now, last is { } seconds ? s_now.AddSeconds(seconds) : null));

    [Fact]
    public void TheRateLimitMakesNoDelayShorter()
        => Assert.Equal(TimeSpan.FromHours(2), UploadPolicy.UntilDue(Waiting(s_report with { Delivery = new ReportDelivery(RateLimit: true), NextAttempt = s_now.AddHours(2) }), s_now, s_now));

    [Fact]
    public void JitterIsAReportsOwnAndSpreadsReports()
    {
        double[] seconds = [.. Enumerable.Range(0, 1_000).Select(_ => UploadPolicy.Delay(Guid.NewGuid().ToString(), 1).TotalSeconds)];

        Assert.All(seconds, delay => Assert.InRange(delay, 5, 6));
        Assert.InRange(seconds.Average(), 5.4, 5.6);
        Assert.Equal(UploadPolicy.Delay(s_report.Id, 3), UploadPolicy.Delay(s_report.Id, 3));
    }

    [Fact]
    public void WhatIsAskedForBeginsAnew()
    {
        ReportRecord failed = s_report with { State = ReportState.Failed, Attempts = 10, Unanswered = 2, LastError = "the server answered 500", NextAttempt = s_now };

        ReportRecord asked = UploadPolicy.Requested(failed, url: null);

        Assert.Equal((ReportState.Pending, true, 0, 0, null), (asked.State, asked.ExplicitRequest, asked.Attempts, asked.Unanswered, asked.NextAttempt));
        Assert.Equal(failed.LastError, asked.LastError);
    }

    private static WaitingReport Waiting(ReportRecord record) => WaitingReport.Of(record);

    private static ReportRecord Answer(int status, string body) => UploadPolicy.Answered(s_report, new ServerAnswer(status, body, null), s_now);
}
