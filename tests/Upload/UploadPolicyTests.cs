using CrashHandler.Handler.Reports;
using CrashHandler.Handler.Upload;
using Xunit;

namespace CrashHandler.Tests.Upload;

public class UploadPolicyTests
{
    private static readonly DateTimeOffset s_now = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(200, "CrashID=bp-1234\n", "bp-1234")]
    [InlineData(201, "  5e1286fc-da97-479e-918b-6bfb0c3d1c72  ", "5e1286fc-da97-479e-918b-6bfb0c3d1c72")]
    [InlineData(202, "{\"response\":\"ok\",\"_rxid\":\"x-7\"}", "x-7")]
    [InlineData(203, "{\"crashId\":42,\"status\":\"success\"}", "42")]
    [InlineData(200, "{\"id\":\"a\",\"crashId\":2}", "a")]
    [InlineData(200, "{broken", "{broken")]
    [InlineData(200, "", "")]
    [InlineData(200, "first\nsecond", "first")]
    public void ATakenReportIsUploadedUnderTheServersId(int status, string body, string id)
    {
        ReportRecord after = UploadPolicy.Answered(Report(), new ServerAnswer(status, body, null), s_now);

        Assert.Equal((ReportState.Uploaded, id, body.Trim()), (after.State, after.ServerId, after.ServerAnswer));
        Assert.Equal((1, s_now, s_now), (after.Attempts, after.UploadedAt, after.LastAttempt));
        Assert.Null(after.NextAttempt);
    }

    [Fact]
    public void ADiscardedReportIsDoneAndNotUploaded()
    {
        ReportRecord after = UploadPolicy.Answered(Report(), new ServerAnswer(200, "Discarded=rule_unsupported_product", null), s_now);

        Assert.Equal((ReportState.Discarded, null), (after.State, after.ServerId));
        Assert.Contains("rule_unsupported_product", after.LastError, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(307)]
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
    public void APermanentAnswerEndsInFailed(int status)
    {
        ReportRecord after = UploadPolicy.Answered(Report(), new ServerAnswer(status, "why", TimeSpan.FromSeconds(5)), s_now);

        Assert.Equal((ReportState.Failed, 1, null), (after.State, after.Attempts, after.NextAttempt));
        Assert.Equal($"the server answered {status}: why", after.LastError);
    }

    [Theory]
    [InlineData(408)]
    [InlineData(425)]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(504)]
    public void ATransientAnswerIsTriedAgainLater(int status)
    {
        ReportRecord after = UploadPolicy.Answered(Report(), new ServerAnswer(status, "", null), s_now);

        Assert.Equal((ReportState.Pending, 1, s_now + UploadLimits.FirstRetry), (after.State, after.Attempts, after.NextAttempt));
    }

    [Theory]
    [InlineData(90, 90)]
    [InlineData(1_000_000, 86_400)]
    public void RetryAfterIsHonouredToADay(int asked, int waited)
    {
        ReportRecord after = UploadPolicy.Answered(Report(), new ServerAnswer(429, "", TimeSpan.FromSeconds(asked)), s_now);

        Assert.Equal(s_now + TimeSpan.FromSeconds(waited), after.NextAttempt);
    }

    [Fact]
    public void TenAnsweredFailuresAreEnough()
    {
        ReportRecord report = Report();
        for (int i = 1; i < UploadLimits.MaxAnsweredFailures; i++)
        {
            report = UploadPolicy.Answered(report, new ServerAnswer(500, "", null), s_now);
            Assert.Equal(ReportState.Pending, report.State);
        }

        Assert.Equal(ReportState.Failed, UploadPolicy.Answered(report, new ServerAnswer(500, "", null), s_now).State);
    }

    [Fact]
    public void NoAnswerIsNoAttempt()
    {
        ReportRecord after = UploadPolicy.Unanswered(Report(), "connection refused", s_now);

        Assert.Equal((ReportState.Pending, 0, "connection refused"), (after.State, after.Attempts, after.LastError));
        Assert.True(after.NextAttempt > s_now);
    }

    [Fact]
    public void DelaysGrowToALimit()
    {
        TimeSpan[] delays = [.. Enumerable.Range(1, 40).Select(UploadPolicy.Delay)];

        Assert.Equal(UploadLimits.FirstRetry, delays[0]);
        Assert.Equal(2 * UploadLimits.FirstRetry, delays[1]);
        Assert.Equal(delays.Order(), delays);
        Assert.Equal(UploadLimits.LongestRetry, delays[^1]);
    }

    [Fact]
    public void AnAnswerIsKeptToFourKibibytes()
    {
        ReportRecord after = UploadPolicy.Answered(Report(), new ServerAnswer(200, new string('x', 5000), null), s_now);

        Assert.Equal(UploadLimits.MaxKeptAnswerBytes, after.ServerAnswer!.Length);
    }

    private static ReportRecord Report() => Tools.SampleReport.Pending(s_now);
}
