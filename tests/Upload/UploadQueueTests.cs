using System.Net;
using System.Text;
using System.Threading.Channels;
using CrashHandler.Handler.Collector;
using CrashHandler.Handler.Reports;
using CrashHandler.Handler.Upload;
using CrashHandler.Tests.Reports;
using Xunit;

namespace CrashHandler.Tests.Upload;

public sealed class UploadQueueTests : QueueFixture
{
    [Fact]
    public async Task EverythingGoesToACollectorNewestFirstAndASecondApart()
    {
        Channel<CollectedReport> received = Channel.CreateUnbounded<CollectedReport>();
        List<string> refusals = [];
        await using CrashCollector collector = CrashCollector.Start(new IPEndPoint(IPAddress.Loopback, 0), null, report => received.Writer.TryWrite(report), refusals.Add);
        ReportRecord[] filed = [Reports.File(minute: 1), Reports.File(minute: 3), Reports.File(minute: 2)];

        Start(new Uri($"http://{collector.Endpoint}/submit"));

        foreach (int index in (int[])[1, 2])
        {
            Assert.Equal(UploadLimits.BetweenUploads, await Time.NextWaitAsync(Cancellation));
            AssertSent(filed[index], await received.Reader.ReadAsync(Cancellation));
            Assert.False(received.Reader.TryRead(out _));
            Time.Advance(UploadLimits.BetweenUploads - TimeSpan.FromMilliseconds(1));
            Assert.False(received.Reader.TryRead(out _));
            Time.Advance(TimeSpan.FromMilliseconds(1));
        }

        Assert.Equal(UploadLimits.LookAgain, await Time.NextWaitAsync(Cancellation));
        AssertSent(filed[0], await received.Reader.ReadAsync(Cancellation));
        Assert.Empty(refusals);
    }

    [Fact]
    public async Task AFailureIsTriedAgainWithTheSameReportIdAndThenStops()
    {
        ReportRecord report = Reports.File(with: record => record with { Parameters = new Dictionary<string, string> { ["a"] = "1", ["crash_report_id"] = "forged" } });
        await using ScriptedServer server = new(ScriptedServer.Answer(500, "oh"), ScriptedServer.Answer(200, "CrashID=bp-1\n"));
        Start(server.Url);

        TimeSpan delay = UploadPolicy.Delay(report.Id, 1);
        Assert.Equal(delay, await Time.NextWaitAsync(Cancellation));
        ReportRecord failed = Reports.Only(report.Id);
        Assert.Equal((ReportState.Pending, 1, "the server answered 500: oh"), (failed.State, failed.Attempts, failed.LastError));
        Time.Advance(delay);
        Assert.Equal(UploadLimits.LookAgain, await Time.NextWaitAsync(Cancellation));

        ReportRecord sent = Reports.Only(report.Id);
        Assert.Equal((ReportState.Uploaded, 2, "bp-1", "CrashID=bp-1"), (sent.State, sent.Attempts, sent.ServerId, sent.ServerAnswer));
        string first = await server.NextAsync(Cancellation), second = await server.NextAsync(Cancellation);
        foreach (string request in (string[])[first, second])
        {
            Assert.Contains($"name=\"crash_report_id\"\r\n\r\n{report.Id}\r\n", request);
            Assert.Contains($"name=\"upload_file_minidump\"; filename=\"{report.Id}.dmp\"\r\n", request);
            Assert.DoesNotContain("forged", request);
            string head = request[..request.IndexOf("\r\n\r\n", StringComparison.Ordinal)];
            Assert.StartsWith("POST /post HTTP/1.1\r\n", head);
            Assert.Matches("Content-Type: multipart/form-data; boundary=---MultipartBoundary-[0-9A-Za-z]{32}---(\r|$)", head);
            Assert.DoesNotContain("Expect", head);
            Assert.DoesNotContain("Transfer-Encoding", head);
        }

        Queue.Wake();
        Assert.Equal(UploadLimits.LookAgain, await Time.NextWaitAsync(Cancellation));
        Assert.Equal(0, server.Unread);
    }

    [Fact]
    public async Task OneWithoutADumpIsSentWithAllButThat()
    {
        ReportRecord report = Reports.File(with: record => record with { HasDump = false, Parameters = new Dictionary<string, string> { ["a"] = "1" } });
        await using ScriptedServer server = new(ScriptedServer.Answer(200, "CrashID=bp-1\n"));
        Start(server.Url);

        string request = await server.NextAsync(Cancellation);

        Assert.Equal(UploadLimits.LookAgain, await Time.NextWaitAsync(Cancellation));
        Assert.Equal(ReportState.Uploaded, Reports.Only(report.Id).State);
        Assert.Contains("name=\"a\"\r\n\r\n1\r\n", request);
        Assert.Contains($"name=\"crash_report_id\"\r\n\r\n{report.Id}\r\n", request);
        Assert.DoesNotContain("filename=", request);
        Assert.EndsWith("-----\r\n", request);
    }

    [Theory]
    [InlineData("Retry-After: 7", 7)]
    [InlineData("Retry-After: Fri, 02 Jan 2026 12:00:09 GMT", 9)]
    [InlineData("Retry-After: Thu, 01 Jan 2026 12:00:00 GMT", null)]
    [InlineData("Retry-After: 100000", 86_400)]
    [InlineData("Retry-After: soon", null)]
    public async Task RetryAfterIsFollowed(string header, int? seconds)
    {
        ReportRecord report = Reports.File();
        await using ScriptedServer server = new(ScriptedServer.Answer(429, "", header));
        Start(server.Url);

        TimeSpan wait = await Time.NextWaitAsync(Cancellation);

        TimeSpan due = seconds is { } asked ? TimeSpan.FromSeconds(asked) : UploadPolicy.Delay(report.Id, 1);
        Assert.Equal(due < UploadLimits.LookAgain ? due : UploadLimits.LookAgain, wait);
        Assert.Equal(Time.GetUtcNow() + due, Reports.Only(report.Id).NextAttempt);
    }

    [Fact]
    public async Task ADroppedConnectionIsNoAttempt()
    {
        ReportRecord report = Reports.File();
        await using ScriptedServer server = new(ScriptedServer.Drop, ScriptedServer.Drop, ScriptedServer.Answer(200, "x"));
        Start(server.Url);

        Assert.Equal(UploadPolicy.Delay(report.Id, 1), await Time.NextWaitAsync(Cancellation));
        Time.Advance(UploadPolicy.Delay(report.Id, 1));
        Assert.Equal(UploadPolicy.Delay(report.Id, 2), await Time.NextWaitAsync(Cancellation));
        ReportRecord waiting = Reports.Only(report.Id);
        Assert.Equal((ReportState.Pending, 0, 2), (waiting.State, waiting.Attempts, waiting.Unanswered));
        Assert.NotNull(waiting.LastError);
        Time.Advance(UploadPolicy.Delay(report.Id, 2));
        await Time.NextWaitAsync(Cancellation);

        Assert.Equal((ReportState.Uploaded, 1), (Reports.Only(report.Id).State, Reports.Only(report.Id).Attempts));
    }

    [Theory]
    [InlineData(302, "", nameof(ReportState.Failed))]
    [InlineData(307, "", nameof(ReportState.Failed))]
    [InlineData(400, "Discarded=malformed_no_annotations", nameof(ReportState.Failed))]
    [InlineData(200, "Discarded=rule_browser", nameof(ReportState.Discarded))]
    [InlineData(200, "{\"id\":\"\\ud800\"}", nameof(ReportState.Uploaded))]
    public async Task AFinalAnswerEndsIt(int status, string body, string state)
    {
        ReportRecord report = Reports.File();
        await using ScriptedServer server = new(ScriptedServer.Answer(status, body, "Location: /elsewhere"), ScriptedServer.Answer(200));
        Start(server.Url);

        Assert.Equal(UploadLimits.LookAgain, await Time.NextWaitAsync(Cancellation));

        Assert.Equal(state, Reports.Only(report.Id).State.ToString());
        Assert.Equal([$"completed/{report.Id}.dmp", $"completed/{report.Id}.json"], Reports.Files());
        await server.NextAsync(Cancellation);
        Assert.Equal(0, server.Unread);
    }

    [Fact]
    public async Task AnEndlessAnswerIsCut()
    {
        ReportRecord report = Reports.File();
        await using ScriptedServer server = new(ScriptedServer.Endless);
        Start(server.Url);

        Assert.Equal(UploadLimits.LookAgain, await Time.NextWaitAsync(Cancellation));

        ReportRecord sent = Reports.Only(report.Id);
        Assert.Equal((ReportState.Uploaded, "id", UploadLimits.MaxKeptAnswerBytes), (sent.State, sent.ServerId, sent.ServerAnswer!.Length));
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nCrashID=bp-1\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nd\r\nCrashID=bp-1\n\r\nnonsense")]
    public async Task ABodyThatBreaksOffAfter200IsStillASuccess(string answer)
    {
        ReportRecord report = Reports.File();
        await using ScriptedServer server = new(ScriptedServer.Raw(answer));
        Start(server.Url);

        Assert.Equal(UploadLimits.LookAgain, await Time.NextWaitAsync(Cancellation));

        Assert.Equal((ReportState.Uploaded, "bp-1"), (Reports.Only(report.Id).State, Reports.Only(report.Id).ServerId));
    }

    [Fact]
    public async Task AnAttemptHasALimit()
    {
        ReportRecord report = Reports.File();
        await using ScriptedServer server = new(ScriptedServer.Silence);
        Start(server.Url);
        await server.NextAsync(Cancellation);

        Time.Advance(UploadLimits.Attempt);

        Assert.Equal(UploadPolicy.Delay(report.Id, 1), await Time.NextWaitAsync(Cancellation));
        Assert.Equal((0, "no answer within 60 s"), (Reports.Only(report.Id).Attempts, Reports.Only(report.Id).LastError));
    }

    [Fact]
    public async Task WhatWaitsWhenUploadsAreSwitchedOffIsSkippedAndNeverSentByItself()
    {
        ReportRecord report = Reports.File();
        Reports.Database.Settings.SetUploads(false);
        await using ScriptedServer server = new(ScriptedServer.Answer(200, "x"));
        Start(server.Url);

        Assert.Equal(UploadLimits.LookAgain, await Time.NextWaitAsync(Cancellation));
        Assert.Equal(ReportState.Skipped, Reports.Only(report.Id).State);
        Assert.Equal([$"completed/{report.Id}.dmp", $"completed/{report.Id}.json"], Reports.Files());
        Reports.Database.Settings.SetUploads(true);
        Queue.Wake();

        Assert.Equal(UploadLimits.LookAgain, await Time.NextWaitAsync(Cancellation));
        Assert.Equal((0, ReportState.Skipped), (server.Unread, Reports.Only(report.Id).State));
    }

    [Fact]
    public async Task SwitchedOffBetweenTwoUploadsTheSecondStays()
    {
        Reports.File(minute: 2);
        ReportRecord second = Reports.File(minute: 1);
        await using ScriptedServer server = new(ScriptedServer.Answer(200, "x"), ScriptedServer.Answer(200, "x"));
        Start(server.Url);
        Assert.Equal(UploadLimits.BetweenUploads, await Time.NextWaitAsync(Cancellation));

        Reports.Database.Settings.SetUploads(false);
        Time.Advance(UploadLimits.BetweenUploads);

        Assert.Equal(UploadLimits.LookAgain, await Time.NextWaitAsync(Cancellation));
        Assert.Equal(ReportState.Skipped, Reports.Only(second.Id).State);
        await server.NextAsync(Cancellation);
        Assert.Equal(0, server.Unread);
    }

    [Fact]
    public async Task WhatWaitsDuringAPauseGoesOnWaitingUntilItIsOver()
    {
        ReportRecord report = Reports.File();
        Reports.Database.Settings.SetPaused(true);
        await using ScriptedServer server = new(ScriptedServer.Answer(200, "x"));
        Start(server.Url);

        Assert.Equal(UploadLimits.LookAgain, await Time.NextWaitAsync(Cancellation));
        Assert.Equal((0, ReportState.Pending), (server.Unread, Reports.Only(report.Id).State));
        Reports.Database.Settings.SetPaused(false);
        Queue.Wake();
        await server.NextAsync(Cancellation);

        Assert.Equal(UploadLimits.LookAgain, await Time.NextWaitAsync(Cancellation));
        Assert.Equal(ReportState.Uploaded, Reports.Only(report.Id).State);
    }

    [Fact]
    public async Task ARequestBringsAFailedReportBackBeforeAllOthersAndOnce()
    {
        ReportRecord failed = Reports.File(minute: 1, with: record => record with { State = ReportState.Failed, Attempts = 10, LastError = "the server answered 500" });
        ReportRecord newer = Reports.File(minute: 2, with: record => record with { NextAttempt = Time.GetUtcNow().AddMinutes(1) });
        Reports.Database.Settings.SetPaused(true);
        await using ScriptedServer server = new(ScriptedServer.Answer(200, "x"), ScriptedServer.Answer(200, "y"));
        Start(server.Url);
        Assert.Equal(UploadLimits.LookAgain, await Time.NextWaitAsync(Cancellation));

        Reports.Database.Request(failed.Id);
        Queue.Wake();

        Assert.Equal(UploadLimits.LookAgain, await Time.NextWaitAsync(Cancellation));
        ReportRecord sent = Reports.Only(failed.Id);
        Assert.Equal((ReportState.Uploaded, 1, "x"), (sent.State, sent.Attempts, sent.ServerId));
        Assert.Contains(failed.Id, await server.NextAsync(Cancellation));
        Assert.Equal((0, ReportState.Pending), (server.Unread, Reports.Only(newer.Id).State));
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(Reports.Root, "requests")));
        Assert.Throws<DatabaseException>(() => Reports.Database.Request(failed.Id));
    }

    [Fact]
    public async Task WhatLosesItsDumpWhileItWaitsHoldsNobodyUp()
    {
        ReportRecord lost = Reports.File(minute: 2);
        ReportRecord other = Reports.File(minute: 1);
        await using ScriptedServer server = new(ScriptedServer.Answer(503), ScriptedServer.Answer(200, "x"));
        Start(server.Url);
        Assert.Equal(UploadLimits.BetweenUploads, await Time.NextWaitAsync(Cancellation));
        File.Delete(Reports.PathOf("pending", $"{lost.Id}.dmp"));

        Time.Advance(UploadLimits.BetweenUploads);
        await Time.NextWaitAsync(Cancellation);
        Time.Advance(UploadPolicy.Delay(lost.Id, 1));

        Assert.Equal(UploadLimits.LookAgain, await Time.NextWaitAsync(Cancellation));
        Assert.Equal(ReportState.Uploaded, Reports.Only(other.Id).State);
    }

    [Fact]
    public async Task UnderTheRateLimitTheSecondWaitsAnHourAlsoAfterARestart()
    {
        Reports.File(minute: 2, with: record => record with { Delivery = new ReportDelivery(RateLimit: true) });
        ReportRecord second = Reports.File(minute: 1, with: record => record with { Delivery = new ReportDelivery(RateLimit: true) });
        ReportRecord free = Reports.File(minute: 0);
        await using ScriptedServer server = new(ScriptedServer.Answer(200, "x"), ScriptedServer.Answer(200, "y"), ScriptedServer.Answer(200, "z"));
        Start(server.Url);
        Assert.Equal(UploadLimits.BetweenUploads, await Time.NextWaitAsync(Cancellation));
        Time.Advance(UploadLimits.BetweenUploads);
        Assert.Equal(UploadLimits.LookAgain, await Time.NextWaitAsync(Cancellation));

        Assert.Equal((ReportState.Uploaded, ReportState.Pending), (Reports.Only(free.Id).State, Reports.Only(second.Id).State));
        TimeSpan left = UploadPolicy.UntilDue(WaitingReport.Of(Reports.Only(second.Id)), Time.GetUtcNow(), Reports.Database.Settings.LastLimitedUpload);
        Assert.Equal(UploadLimits.RateLimit - UploadLimits.BetweenUploads, left);
        await StopAsync();
        Start(server.Url);
        for (; left > UploadLimits.LookAgain; left -= UploadLimits.LookAgain)
        {
            Assert.Equal(UploadLimits.LookAgain, await Time.NextWaitAsync(Cancellation));
            Time.Advance(UploadLimits.LookAgain);
        }

        Assert.Equal(left, await Time.NextWaitAsync(Cancellation));
        Assert.Equal(ReportState.Pending, Reports.Only(second.Id).State);
        Time.Advance(left);
        Assert.Equal(UploadLimits.LookAgain, await Time.NextWaitAsync(Cancellation));
        Assert.Equal((ReportState.Uploaded, "z"), (Reports.Only(second.Id).State, Reports.Only(second.Id).ServerId));
    }

    [Fact]
    public async Task HostsAreNotHeldUpByEachOther()
    {
        await using ScriptedServer first = new(ScriptedServer.Answer(200, "x")), second = new(ScriptedServer.Answer(200, "y"));
        Reports.File(minute: 1, first.Url.AbsoluteUri);
        Reports.File(minute: 2, second.Url.AbsoluteUri);
        Start(null);

        Assert.Equal(UploadLimits.LookAgain, await Time.NextWaitAsync(Cancellation));

        Assert.All(Reports.Database.List(), report => Assert.Equal(ReportState.Uploaded, report.State));
    }

    [Theory]
    [InlineData(400)]
    [InlineData(415)]
    [InlineData(500)]
    public async Task ACompressedBodyThatIsNotUnderstoodIsSentOncePlain(int status)
    {
        ReportRecord report = Reports.File(with: record => record with { Delivery = new ReportDelivery(Compress: true) });
        await using ScriptedServer server = new(ScriptedServer.Answer(status), ScriptedServer.Answer(200, "x"));
        Start(server.Url);

        Assert.Equal(UploadLimits.BetweenUploads, await Time.NextWaitAsync(Cancellation));
        Time.Advance(UploadLimits.BetweenUploads);
        Assert.Equal(UploadLimits.LookAgain, await Time.NextWaitAsync(Cancellation));

        Assert.Equal((ReportState.Uploaded, 1), (Reports.Only(report.Id).State, Reports.Only(report.Id).Attempts));
        Assert.Contains("Content-Encoding: gzip\r\n", await server.NextAsync(Cancellation));
        string plain = await server.NextAsync(Cancellation);
        Assert.DoesNotContain("Content-Encoding", plain);
        Assert.Contains(report.Id, plain);
    }

    [Theory]
    [InlineData("Content-Language", "en")]
    [InlineData("Expires", "never")]
    [InlineData("X Y", "v")]
    [InlineData("X-Evil", "a\r\nEvil: 1")]
    [InlineData("X-Name", "Jörg")]
    public async Task AHeaderThatNoRequestCanCarryHoldsNothingUp(string name, string value)
    {
        ReportRecord report = Reports.File(with: record => record with { Delivery = new ReportDelivery(Headers: new Dictionary<string, string> { [name] = value, ["X-Token"] = "secret" }) });
        await using ScriptedServer server = new(ScriptedServer.Answer(200, "x"));
        Start(server.Url);

        Assert.Equal(UploadLimits.LookAgain, await Time.NextWaitAsync(Cancellation));

        string request = await server.NextAsync(Cancellation);
        Assert.Contains("X-Token: secret\r\n", request);
        Assert.DoesNotContain($"{name}: ", request);
        Assert.DoesNotContain("Evil", request);
        Assert.Equal(ReportState.Uploaded, Reports.Only(report.Id).State);
    }

    [Fact]
    public async Task WhatIsAskedForElsewhereGoesThereWithoutItsCredentials()
    {
        await using ScriptedServer its = new(), other = new(ScriptedServer.Answer(200, "x"));
        ReportRecord report = Reports.File(with: record => record with
        {
            State = ReportState.Failed,
            Delivery = new ReportDelivery(its.Url.AbsoluteUri, new Dictionary<string, string> { ["X-Token"] = "secret" }),
        });
        Start(its.Url);
        await Time.NextWaitAsync(Cancellation);

        Reports.Database.Request(report.Id, other.Url);
        Queue.Wake();

        Assert.DoesNotContain("X-Token", await other.NextAsync(Cancellation));
        await Time.NextWaitAsync(Cancellation);
        Assert.Equal((ReportState.Uploaded, other.Url.AbsoluteUri), (Reports.Only(report.Id).State, Reports.Only(report.Id).Delivery.Url));
    }

    [Fact]
    public async Task AReportsOwnHeadersAreSent()
    {
        Reports.File(with: record => record with { Delivery = new ReportDelivery(Headers: new Dictionary<string, string> { ["X-Token"] = "secret", ["Authorization"] = "Bearer b" }) });
        await using ScriptedServer server = new(ScriptedServer.Answer(200, "x"));
        Start(new UriBuilder(server.Url) { UserName = "u", Password = "p" }.Uri);

        await Time.NextWaitAsync(Cancellation);

        string request = await server.NextAsync(Cancellation);
        Assert.Contains("X-Token: secret\r\n", request);
        Assert.Contains("Authorization: Bearer b\r\n", request);
        Assert.DoesNotContain("Basic", request);
    }

    [Fact]
    public async Task WhoWaitsForAReportIsToldWhenItIsSentAndWhenItIsNot()
    {
        Reports.Database.Settings.SetPaused(true);
        ReportRecord paused = Reports.File(minute: 1);
        await using ScriptedServer server = new(ScriptedServer.Answer(500), ScriptedServer.Answer(200, "x"));
        Start(server.Url);
        Assert.Equal(UploadLimits.LookAgain, await Time.NextWaitAsync(Cancellation));

        await Queue.WhenSettledAsync(paused.Id).WaitAsync(Cancellation);
        Assert.Equal(UploadLimits.LookAgain, await Time.NextWaitAsync(Cancellation));
        Reports.Database.Settings.SetPaused(false);
        Task sent = Queue.WhenSettledAsync(paused.Id);
        Assert.Equal(UploadPolicy.Delay(paused.Id, 1), await Time.NextWaitAsync(Cancellation));
        Assert.False(sent.IsCompleted);
        Time.Advance(UploadPolicy.Delay(paused.Id, 1));
        await sent.WaitAsync(Cancellation);

        Assert.Equal(ReportState.Uploaded, Reports.Only(paused.Id).State);
    }

    [Fact]
    public async Task WhatSomebodyAskedForIsSentEvenThen()
    {
        ReportRecord asked = Reports.File(with: record => record with { ExplicitRequest = true });
        Reports.Database.Settings.SetUploads(false);
        await using ScriptedServer server = new(ScriptedServer.Answer(200, "x"));
        Start(server.Url);

        await Time.NextWaitAsync(Cancellation);

        Assert.Equal(ReportState.Uploaded, Reports.Only(asked.Id).State);
    }

    [Fact]
    public async Task ItWaitsForAnotherUploadersLock()
    {
        ReportRecord report = Reports.File();
        await using ScriptedServer server = new(ScriptedServer.Answer(200, "x"));
        using (IDisposable? other = Reports.Database.TryLockUploads())
        {
            Start(server.Url);
            Assert.Equal(UploadLimits.LookAgain, await Time.NextWaitAsync(Cancellation));
            Queue.Wake();
            Assert.Equal(UploadLimits.LookAgain, await Time.NextWaitAsync(Cancellation));
            Assert.Equal(0, server.Unread);
        }

        Assert.Equal(UploadLimits.LookAgain, await Time.NextWaitAsync(Cancellation));
        Assert.Equal(ReportState.Uploaded, Reports.Only(report.Id).State);
        Assert.Null(Reports.Database.TryLockUploads());
        await StopAsync();
        using IDisposable? free = Reports.Database.TryLockUploads();
        Assert.NotNull(free);
    }

    [Fact]
    public async Task WhatAnotherHandlerFiledIsFoundInTime()
    {
        await using ScriptedServer server = new(ScriptedServer.Answer(200, "x"));
        Start(server.Url);
        Assert.Equal(UploadLimits.LookAgain, await Time.NextWaitAsync(Cancellation));
        ReportRecord report = Reports.File();

        Time.Advance(UploadLimits.LookAgain);

        await Time.NextWaitAsync(Cancellation);
        Assert.Equal(ReportState.Uploaded, Reports.Only(report.Id).State);
    }

    [Theory]
    [InlineData("ftp://127.0.0.1/x")]
    [InlineData("/etc/passwd")]
    [InlineData("nonsense")]
    public async Task AUrlThatIsNoneFailsItsReportAndNoOther(string url)
    {
        ReportRecord bad = Reports.File(minute: 2, url);
        ReportRecord good = Reports.File(minute: 1);
        await using ScriptedServer server = new(ScriptedServer.Answer(200, "x"));
        Start(server.Url);

        await Time.NextWaitAsync(Cancellation);

        Assert.Equal((ReportState.Failed, "its URL is not an absolute http or https one"), (Reports.Only(bad.Id).State, Reports.Only(bad.Id).LastError));
        Assert.Equal(ReportState.Uploaded, Reports.Only(good.Id).State);
    }

    [Fact]
    public async Task AReportsOwnUrlComesFirstAndWithoutAnyItWaits()
    {
        await using ScriptedServer server = new(ScriptedServer.Answer(200, "x"));
        ReportRecord own = Reports.File(minute: 1, server.Url.AbsoluteUri.Replace("http://", "http://us%40er:p%C3%A4ss@"));
        ReportRecord none = Reports.File(minute: 2);
        Start(null);

        Assert.Equal(UploadLimits.LookAgain, await Time.NextWaitAsync(Cancellation));

        Assert.Equal(ReportState.Uploaded, Reports.Only(own.Id).State);
        Assert.Equal(ReportState.Pending, Reports.Only(none.Id).State);
        Assert.Contains($"Authorization: Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes("us@er:päss"))}\r\n", await server.NextAsync(Cancellation));
    }

    [Fact]
    public async Task AClockThatWasSetBackHoldsNothingUp()
    {
        Reports.File(minute: 2);
        ReportRecord second = Reports.File(minute: 1);
        await using ScriptedServer server = new(ScriptedServer.Answer(200, "x"), ScriptedServer.Answer(500), ScriptedServer.Answer(200, "x"));
        Start(server.Url);
        Assert.Equal(UploadLimits.BetweenUploads, await Time.NextWaitAsync(Cancellation));

        Time.ShiftWallClock(TimeSpan.FromDays(-300));
        Time.Advance(UploadLimits.BetweenUploads);
        Assert.Equal(UploadPolicy.Delay(second.Id, 1), await Time.NextWaitAsync(Cancellation));
        Time.ShiftWallClock(TimeSpan.FromDays(-300));
        Time.Advance(UploadPolicy.Delay(second.Id, 1));
        Assert.Equal(UploadLimits.LookAgain, await Time.NextWaitAsync(Cancellation));

        Assert.Equal(ReportState.Uploaded, Reports.Only(second.Id).State);
    }

    [Fact]
    public async Task BrokenSettingsHoldUploadsUpUntilTheyAreMended()
    {
        ReportRecord report = Reports.File();
        _ = Reports.Database.Settings.ClientId;
        string settings = Path.Combine(Reports.Root, "settings.json");
        string good = File.ReadAllText(settings);
        File.WriteAllText(settings, "{");
        File.WriteAllText(settings + ".bak", "{");
        await using ScriptedServer server = new(ScriptedServer.Answer(200, "x"));
        Start(server.Url);

        Assert.Equal(UploadLimits.DiskRetry, await Time.NextWaitAsync(Cancellation));
        Assert.Contains(settings, Queue.Status.LastError);
        File.WriteAllText(settings, good);
        Time.Advance(UploadLimits.DiskRetry);

        Assert.Equal(UploadLimits.LookAgain, await Time.NextWaitAsync(Cancellation));
        Assert.Equal(ReportState.Uploaded, Reports.Only(report.Id).State);
    }

    [Fact]
    public async Task AnAnswerThatCannotBeStoredIsKeptAndNothingIsSentAgain()
    {
        ReportRecord report = Reports.File();
        // A directory where the temporary file goes: writing fails, also for root.
        string obstacle = Reports.PathOf("pending", $"{report.Id}.json.tmp");
        Directory.CreateDirectory(Path.Combine(obstacle, "x"));
        await using ScriptedServer server = new(ScriptedServer.Answer(200, "first"), ScriptedServer.Answer(200, "second"));
        Start(server.Url);

        Assert.Equal(UploadLimits.DiskRetry, await Time.NextWaitAsync(Cancellation));
        Time.Advance(UploadLimits.DiskRetry);
        Assert.Equal(UploadLimits.DiskRetry, await Time.NextWaitAsync(Cancellation));
        Directory.Delete(obstacle, recursive: true);
        Time.Advance(UploadLimits.DiskRetry);
        Assert.Equal(UploadLimits.LookAgain, await Time.NextWaitAsync(Cancellation));

        Assert.Equal((ReportState.Uploaded, "first"), (Reports.Only(report.Id).State, Reports.Only(report.Id).ServerId));
        await server.NextAsync(Cancellation);
        Assert.Equal(0, server.Unread);
    }

    [Fact]
    public async Task AfterARestartADelayGoesOn()
    {
        ReportRecord report = Reports.File(with: record => record with { Attempts = 3, NextAttempt = Time.GetUtcNow().AddMinutes(5) });
        await using ScriptedServer server = new(ScriptedServer.Answer(200, "x"));
        Start(server.Url);

        Assert.Equal(TimeSpan.FromMinutes(5), await Time.NextWaitAsync(Cancellation));
        Assert.Equal(0, server.Unread);
        Time.Advance(TimeSpan.FromMinutes(5));
        await Time.NextWaitAsync(Cancellation);

        Assert.Equal((ReportState.Uploaded, 4), (Reports.Only(report.Id).State, Reports.Only(report.Id).Attempts));
    }

    private void AssertSent(ReportRecord filed, CollectedReport received)
    {
        Assert.Equal(filed.Parameters["minute"], received.Fields["minute"]);
        Assert.Equal(filed.Id, received.Fields["crash_report_id"]);
        Assert.Equal(filed.Parameters.Count + 1, received.Fields.Count);
        Assert.Equal($"{filed.Id}.dmp", received.DumpName);
        Assert.Equal(TestDatabase.Dump, received.Dump.ToArray());
        ReportRecord after = Reports.Only(filed.Id);
        Assert.Equal((ReportState.Uploaded, received.Id, $"CrashID={received.Id}", 1), (after.State, after.ServerId, after.ServerAnswer, after.Attempts));
    }
}
