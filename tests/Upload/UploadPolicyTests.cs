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
        Assert.Equal(s_now + UploadLimits.FirstRetry, after.NextAttempt);
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
    [InlineData(0, 60)]
    [InlineData(-3_600, 60)]
    public void RetryAfterIsHonouredToADayAndNotIntoThePast(int seconds, int delay)
    {
        ReportRecord after = UploadPolicy.Answered(s_report, new ServerAnswer(429, "", TimeSpan.FromSeconds(seconds)), s_now);

        Assert.Equal(s_now + TimeSpan.FromSeconds(delay), after.NextAttempt);
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
        List<double> minutes = [];
        for (int i = 0; i < 100; i++)
        {
            report = UploadPolicy.Unanswered(report, "refused", s_now);
            minutes.Add((report.NextAttempt!.Value - s_now).TotalMinutes);
        }

        Assert.Equal([1, 2, 4, 8, 16, 32, 64, 128, 256, 480, 480], minutes[..11]);
        Assert.Equal(480, minutes[^1]);
        Assert.Equal((ReportState.Pending, 0, "refused", s_now), (report.State, report.Attempts, report.LastError, report.LastAttempt));
    }

    [Fact]
    public void AnsweredFailuresGrowTheDelaysToo()
    {
        ReportRecord twice = UploadPolicy.Answered(Answer(503, ""), new ServerAnswer(503, "", null), s_now);

        Assert.Equal(s_now + (2 * UploadLimits.FirstRetry), twice.NextAttempt);
    }

    [Theory]
    [InlineData(null, 0)]
    [InlineData(-5, -5)]
    [InlineData(0, 0)]
    [InlineData(90, 90)]
    [InlineData(86_400, 86_400)]
    [InlineData(86_401, 0)]
    public void AReportIsDueInTimeAndAtOnceIfTheClockWasSetBack(int? next, int due)
        => Assert.Equal(TimeSpan.FromSeconds(due), UploadPolicy.UntilDue(s_report with { NextAttempt = next is { } seconds ? s_now.AddSeconds(seconds) : null }, s_now));

    private static ReportRecord Answer(int status, string body) => UploadPolicy.Answered(s_report, new ServerAnswer(status, body, null), s_now);
}
