using System.Net;
using System.Text;
using System.Threading.Channels;
using CrashHandler.Handler.Collector;
using CrashHandler.Handler.Reports;
using CrashHandler.Handler.Upload;
using CrashHandler.Tests.Reports;
using CrashHandler.Tests.Tools;
using Serilog;
using Xunit;

namespace CrashHandler.Tests.Upload;

public sealed class UploadQueueTests : IAsyncDisposable
{
    private readonly TestDatabase _database = new();
    private readonly ManualTimeProvider _time = new();
    private CancellationTokenSource _stopping = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private UploadQueue? _queue;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _database.Dispose();
        _stopping.Dispose();
    }

    [Fact]
    public async Task EverythingGoesToACollectorNewestFirstAndASecondApart()
    {
        Channel<CollectedReport> received = Channel.CreateUnbounded<CollectedReport>();
        List<string> refusals = [];
        await using CrashCollector collector = CrashCollector.Start(new IPEndPoint(IPAddress.Loopback, 0), null, report => received.Writer.TryWrite(report), refusals.Add);
        ReportRecord[] filed = [_database.File(minute: 1), _database.File(minute: 3), _database.File(minute: 2)];

        Start(new Uri($"http://{collector.Endpoint}/submit"));

        foreach (int index in (int[])[1, 2])
        {
            Assert.Equal(UploadLimits.BetweenUploads, await _time.NextWaitAsync(Cancellation));
            AssertSent(filed[index], await received.Reader.ReadAsync(Cancellation));
            Assert.False(received.Reader.TryRead(out _));
            _time.Advance(UploadLimits.BetweenUploads - TimeSpan.FromMilliseconds(1));
            Assert.False(received.Reader.TryRead(out _));
            _time.Advance(TimeSpan.FromMilliseconds(1));
        }

        Assert.Equal(UploadLimits.LookAgain, await _time.NextWaitAsync(Cancellation));
        AssertSent(filed[0], await received.Reader.ReadAsync(Cancellation));
        Assert.Empty(refusals);
    }

    [Fact]
    public async Task AFailureIsTriedAgainWithTheSameReportIdAndThenStops()
    {
        ReportRecord report = _database.File(with: record => record with { Parameters = new Dictionary<string, string> { ["a"] = "1", ["crash_report_id"] = "forged" } });
        await using ScriptedServer server = new(ScriptedServer.Answer(500, "oh"), ScriptedServer.Answer(200, "CrashID=bp-1\n"));
        Start(server.Url);

        TimeSpan delay = UploadPolicy.Delay(report.Id, 1);
        Assert.Equal(delay, await _time.NextWaitAsync(Cancellation));
        ReportRecord failed = _database.Only(report.Id);
        Assert.Equal((ReportState.Pending, 1, "the server answered 500: oh"), (failed.State, failed.Attempts, failed.LastError));
        _time.Advance(delay);
        Assert.Equal(UploadLimits.LookAgain, await _time.NextWaitAsync(Cancellation));

        ReportRecord sent = _database.Only(report.Id);
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

        _queue!.Wake();
        Assert.Equal(UploadLimits.LookAgain, await _time.NextWaitAsync(Cancellation));
        Assert.Equal(0, server.Unread);
    }

    [Fact]
    public async Task OneWithoutADumpIsSentWithAllButThat()
    {
        ReportRecord report = _database.File(with: record => record with { HasDump = false, Parameters = new Dictionary<string, string> { ["a"] = "1" } });
        await using ScriptedServer server = new(ScriptedServer.Answer(200, "CrashID=bp-1\n"));
        Start(server.Url);

        string request = await server.NextAsync(Cancellation);

        Assert.Equal(UploadLimits.LookAgain, await _time.NextWaitAsync(Cancellation));
        Assert.Equal(ReportState.Uploaded, _database.Only(report.Id).State);
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
        ReportRecord report = _database.File();
        await using ScriptedServer server = new(ScriptedServer.Answer(429, "", header));
        Start(server.Url);

        TimeSpan wait = await _time.NextWaitAsync(Cancellation);

        TimeSpan due = seconds is { } asked ? TimeSpan.FromSeconds(asked) : UploadPolicy.Delay(report.Id, 1);
        Assert.Equal(due < UploadLimits.LookAgain ? due : UploadLimits.LookAgain, wait);
        Assert.Equal(_time.GetUtcNow() + due, _database.Only(report.Id).NextAttempt);
    }

    [Fact]
    public async Task ADroppedConnectionIsNoAttempt()
    {
        ReportRecord report = _database.File();
        await using ScriptedServer server = new(ScriptedServer.Drop, ScriptedServer.Drop, ScriptedServer.Answer(200, "x"));
        Start(server.Url);

        Assert.Equal(UploadPolicy.Delay(report.Id, 1), await _time.NextWaitAsync(Cancellation));
        _time.Advance(UploadPolicy.Delay(report.Id, 1));
        Assert.Equal(UploadPolicy.Delay(report.Id, 2), await _time.NextWaitAsync(Cancellation));
        ReportRecord waiting = _database.Only(report.Id);
        Assert.Equal((ReportState.Pending, 0, 2), (waiting.State, waiting.Attempts, waiting.Unanswered));
        Assert.NotNull(waiting.LastError);
        _time.Advance(UploadPolicy.Delay(report.Id, 2));
        await _time.NextWaitAsync(Cancellation);

        Assert.Equal((ReportState.Uploaded, 1), (_database.Only(report.Id).State, _database.Only(report.Id).Attempts));
    }

    [Theory]
    [InlineData(302, "", nameof(ReportState.Failed))]
    [InlineData(307, "", nameof(ReportState.Failed))]
    [InlineData(400, "Discarded=malformed_no_annotations", nameof(ReportState.Failed))]
    [InlineData(200, "Discarded=rule_browser", nameof(ReportState.Discarded))]
    [InlineData(200, "{\"id\":\"\\ud800\"}", nameof(ReportState.Uploaded))]
    public async Task AFinalAnswerEndsIt(int status, string body, string state)
    {
        ReportRecord report = _database.File();
        await using ScriptedServer server = new(ScriptedServer.Answer(status, body, "Location: /elsewhere"), ScriptedServer.Answer(200));
        Start(server.Url);

        Assert.Equal(UploadLimits.LookAgain, await _time.NextWaitAsync(Cancellation));

        Assert.Equal(state, _database.Only(report.Id).State.ToString());
        Assert.Equal([$"completed/{report.Id}.dmp", $"completed/{report.Id}.json"], _database.Files());
        await server.NextAsync(Cancellation);
        Assert.Equal(0, server.Unread);
    }

    [Fact]
    public async Task AnEndlessAnswerIsCut()
    {
        ReportRecord report = _database.File();
        await using ScriptedServer server = new(ScriptedServer.Endless);
        Start(server.Url);

        Assert.Equal(UploadLimits.LookAgain, await _time.NextWaitAsync(Cancellation));

        ReportRecord sent = _database.Only(report.Id);
        Assert.Equal((ReportState.Uploaded, "id", UploadLimits.MaxKeptAnswerBytes), (sent.State, sent.ServerId, sent.ServerAnswer!.Length));
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nCrashID=bp-1\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nd\r\nCrashID=bp-1\n\r\nnonsense")]
    public async Task ABodyThatBreaksOffAfter200IsStillASuccess(string answer)
    {
        ReportRecord report = _database.File();
        await using ScriptedServer server = new(ScriptedServer.Raw(answer));
        Start(server.Url);

        Assert.Equal(UploadLimits.LookAgain, await _time.NextWaitAsync(Cancellation));

        Assert.Equal((ReportState.Uploaded, "bp-1"), (_database.Only(report.Id).State, _database.Only(report.Id).ServerId));
    }

    [Fact]
    public async Task AnAttemptHasALimit()
    {
        ReportRecord report = _database.File();
        await using ScriptedServer server = new(ScriptedServer.Silence);
        Start(server.Url);
        await server.NextAsync(Cancellation);

        _time.Advance(UploadLimits.Attempt);

        Assert.Equal(UploadPolicy.Delay(report.Id, 1), await _time.NextWaitAsync(Cancellation));
        Assert.Equal((0, "no answer within 60 s"), (_database.Only(report.Id).Attempts, _database.Only(report.Id).LastError));
    }

    [Fact]
    public async Task WhatWaitsWhenUploadsAreSwitchedOffIsSkippedAndNeverSentByItself()
    {
        ReportRecord report = _database.File();
        _database.Database.Settings.SetUploads(false);
        await using ScriptedServer server = new(ScriptedServer.Answer(200, "x"));
        Start(server.Url);

        Assert.Equal(UploadLimits.LookAgain, await _time.NextWaitAsync(Cancellation));
        Assert.Equal(ReportState.Skipped, _database.Only(report.Id).State);
        Assert.Equal([$"completed/{report.Id}.dmp", $"completed/{report.Id}.json"], _database.Files());
        _database.Database.Settings.SetUploads(true);
        _queue!.Wake();

        Assert.Equal(UploadLimits.LookAgain, await _time.NextWaitAsync(Cancellation));
        Assert.Equal((0, ReportState.Skipped), (server.Unread, _database.Only(report.Id).State));
    }

    [Fact]
    public async Task SwitchedOffBetweenTwoUploadsTheSecondStays()
    {
        _database.File(minute: 2);
        ReportRecord second = _database.File(minute: 1);
        await using ScriptedServer server = new(ScriptedServer.Answer(200, "x"), ScriptedServer.Answer(200, "x"));
        Start(server.Url);
        Assert.Equal(UploadLimits.BetweenUploads, await _time.NextWaitAsync(Cancellation));

        _database.Database.Settings.SetUploads(false);
        _time.Advance(UploadLimits.BetweenUploads);

        Assert.Equal(UploadLimits.LookAgain, await _time.NextWaitAsync(Cancellation));
        Assert.Equal(ReportState.Skipped, _database.Only(second.Id).State);
        await server.NextAsync(Cancellation);
        Assert.Equal(0, server.Unread);
    }

    [Fact]
    public async Task WhatWaitsDuringAPauseGoesOnWaitingUntilItIsOver()
    {
        ReportRecord report = _database.File();
        _database.Database.Settings.SetPaused(true);
        await using ScriptedServer server = new(ScriptedServer.Answer(200, "x"));
        Start(server.Url);

        Assert.Equal(UploadLimits.LookAgain, await _time.NextWaitAsync(Cancellation));
        Assert.Equal((0, ReportState.Pending), (server.Unread, _database.Only(report.Id).State));
        _database.Database.Settings.SetPaused(false);
        _queue!.Wake();
        await server.NextAsync(Cancellation);

        Assert.Equal(UploadLimits.LookAgain, await _time.NextWaitAsync(Cancellation));
        Assert.Equal(ReportState.Uploaded, _database.Only(report.Id).State);
    }

    [Fact]
    public async Task ARequestBringsAFailedReportBackBeforeAllOthersAndOnce()
    {
        ReportRecord failed = _database.File(minute: 1, with: record => record with { State = ReportState.Failed, Attempts = 10, LastError = "the server answered 500" });
        ReportRecord newer = _database.File(minute: 2, with: record => record with { NextAttempt = _time.GetUtcNow().AddMinutes(1) });
        _database.Database.Settings.SetPaused(true);
        await using ScriptedServer server = new(ScriptedServer.Answer(200, "x"), ScriptedServer.Answer(200, "y"));
        Start(server.Url);
        Assert.Equal(UploadLimits.LookAgain, await _time.NextWaitAsync(Cancellation));

        _database.Database.Request(failed.Id);
        _queue!.Wake();

        Assert.Equal(UploadLimits.LookAgain, await _time.NextWaitAsync(Cancellation));
        ReportRecord sent = _database.Only(failed.Id);
        Assert.Equal((ReportState.Uploaded, 1, "x"), (sent.State, sent.Attempts, sent.ServerId));
        Assert.Contains(failed.Id, await server.NextAsync(Cancellation));
        Assert.Equal((0, ReportState.Pending), (server.Unread, _database.Only(newer.Id).State));
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(_database.Root, "requests")));
        Assert.Throws<DatabaseException>(() => _database.Database.Request(failed.Id));
    }

    [Fact]
    public async Task WhatLosesItsDumpWhileItWaitsHoldsNobodyUp()
    {
        ReportRecord lost = _database.File(minute: 2);
        ReportRecord other = _database.File(minute: 1);
        await using ScriptedServer server = new(ScriptedServer.Answer(503), ScriptedServer.Answer(200, "x"));
        Start(server.Url);
        Assert.Equal(UploadLimits.BetweenUploads, await _time.NextWaitAsync(Cancellation));
        File.Delete(_database.PathOf("pending", $"{lost.Id}.dmp"));

        _time.Advance(UploadLimits.BetweenUploads);
        await _time.NextWaitAsync(Cancellation);
        _time.Advance(UploadPolicy.Delay(lost.Id, 1));

        Assert.Equal(UploadLimits.LookAgain, await _time.NextWaitAsync(Cancellation));
        Assert.Equal(ReportState.Uploaded, _database.Only(other.Id).State);
    }

    [Fact]
    public async Task UnderTheRateLimitTheSecondWaitsAnHourAlsoAfterARestart()
    {
        _database.File(minute: 2, with: record => record with { Delivery = new ReportDelivery(RateLimit: true) });
        ReportRecord second = _database.File(minute: 1, with: record => record with { Delivery = new ReportDelivery(RateLimit: true) });
        ReportRecord free = _database.File(minute: 0);
        await using ScriptedServer server = new(ScriptedServer.Answer(200, "x"), ScriptedServer.Answer(200, "y"), ScriptedServer.Answer(200, "z"));
        Start(server.Url);
        Assert.Equal(UploadLimits.BetweenUploads, await _time.NextWaitAsync(Cancellation));
        _time.Advance(UploadLimits.BetweenUploads);
        Assert.Equal(UploadLimits.LookAgain, await _time.NextWaitAsync(Cancellation));

        Assert.Equal((ReportState.Uploaded, ReportState.Pending), (_database.Only(free.Id).State, _database.Only(second.Id).State));
        TimeSpan left = UploadPolicy.UntilDue(WaitingReport.Of(_database.Only(second.Id)), _time.GetUtcNow(), _database.Database.Settings.LastLimitedUpload);
        Assert.Equal(UploadLimits.RateLimit - UploadLimits.BetweenUploads, left);
        await StopAsync();
        _stopping.Dispose();
        _stopping = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        Start(server.Url);
        for (; left > UploadLimits.LookAgain; left -= UploadLimits.LookAgain)
        {
            Assert.Equal(UploadLimits.LookAgain, await _time.NextWaitAsync(Cancellation));
            _time.Advance(UploadLimits.LookAgain);
        }

        Assert.Equal(left, await _time.NextWaitAsync(Cancellation));
        Assert.Equal(ReportState.Pending, _database.Only(second.Id).State);
        _time.Advance(left);
        Assert.Equal(UploadLimits.LookAgain, await _time.NextWaitAsync(Cancellation));
        Assert.Equal((ReportState.Uploaded, "z"), (_database.Only(second.Id).State, _database.Only(second.Id).ServerId));
    }

    [Fact]
    public async Task HostsAreNotHeldUpByEachOther()
    {
        await using ScriptedServer first = new(ScriptedServer.Answer(200, "x")), second = new(ScriptedServer.Answer(200, "y"));
        _database.File(minute: 1, first.Url.AbsoluteUri);
        _database.File(minute: 2, second.Url.AbsoluteUri);
        Start(null);

        Assert.Equal(UploadLimits.LookAgain, await _time.NextWaitAsync(Cancellation));

        Assert.All(_database.Database.List(), report => Assert.Equal(ReportState.Uploaded, report.State));
    }

    [Theory]
    [InlineData(400)]
    [InlineData(415)]
    [InlineData(500)]
    public async Task ACompressedBodyThatIsNotUnderstoodIsSentOncePlain(int status)
    {
        ReportRecord report = _database.File(with: record => record with { Delivery = new ReportDelivery(Compress: true) });
        await using ScriptedServer server = new(ScriptedServer.Answer(status), ScriptedServer.Answer(200, "x"));
        Start(server.Url);

        Assert.Equal(UploadLimits.BetweenUploads, await _time.NextWaitAsync(Cancellation));
        _time.Advance(UploadLimits.BetweenUploads);
        Assert.Equal(UploadLimits.LookAgain, await _time.NextWaitAsync(Cancellation));

        Assert.Equal((ReportState.Uploaded, 1), (_database.Only(report.Id).State, _database.Only(report.Id).Attempts));
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
        ReportRecord report = _database.File(with: record => record with { Delivery = new ReportDelivery(Headers: new Dictionary<string, string> { [name] = value, ["X-Token"] = "secret" }) });
        await using ScriptedServer server = new(ScriptedServer.Answer(200, "x"));
        Start(server.Url);

        Assert.Equal(UploadLimits.LookAgain, await _time.NextWaitAsync(Cancellation));

        string request = await server.NextAsync(Cancellation);
        Assert.Contains("X-Token: secret\r\n", request);
        Assert.DoesNotContain($"{name}: ", request);
        Assert.DoesNotContain("Evil", request);
        Assert.Equal(ReportState.Uploaded, _database.Only(report.Id).State);
    }

    [Fact]
    public async Task WhatIsAskedForElsewhereGoesThereWithoutItsCredentials()
    {
        await using ScriptedServer its = new(), other = new(ScriptedServer.Answer(200, "x"));
        ReportRecord report = _database.File(with: record => record with
        {
            State = ReportState.Failed,
            Delivery = new ReportDelivery(its.Url.AbsoluteUri, new Dictionary<string, string> { ["X-Token"] = "secret" }),
        });
        Start(its.Url);
        await _time.NextWaitAsync(Cancellation);

        _database.Database.Request(report.Id, other.Url);
        _queue!.Wake();

        Assert.DoesNotContain("X-Token", await other.NextAsync(Cancellation));
        await _time.NextWaitAsync(Cancellation);
        Assert.Equal((ReportState.Uploaded, other.Url.AbsoluteUri), (_database.Only(report.Id).State, _database.Only(report.Id).Delivery.Url));
    }

    [Fact]
    public async Task AReportsOwnHeadersAreSent()
    {
        _database.File(with: record => record with { Delivery = new ReportDelivery(Headers: new Dictionary<string, string> { ["X-Token"] = "secret", ["Authorization"] = "Bearer b" }) });
        await using ScriptedServer server = new(ScriptedServer.Answer(200, "x"));
        Start(new UriBuilder(server.Url) { UserName = "u", Password = "p" }.Uri);

        await _time.NextWaitAsync(Cancellation);

        string request = await server.NextAsync(Cancellation);
        Assert.Contains("X-Token: secret\r\n", request);
        Assert.Contains("Authorization: Bearer b\r\n", request);
        Assert.DoesNotContain("Basic", request);
    }

    [Fact]
    public async Task WhoWaitsForAReportIsToldWhenItIsSentAndWhenItIsNot()
    {
        _database.Database.Settings.SetPaused(true);
        ReportRecord paused = _database.File(minute: 1);
        await using ScriptedServer server = new(ScriptedServer.Answer(500), ScriptedServer.Answer(200, "x"));
        Start(server.Url);
        Assert.Equal(UploadLimits.LookAgain, await _time.NextWaitAsync(Cancellation));

        await _queue!.WhenSettledAsync(paused.Id).WaitAsync(Cancellation);
        Assert.Equal(UploadLimits.LookAgain, await _time.NextWaitAsync(Cancellation));
        _database.Database.Settings.SetPaused(false);
        Task sent = _queue.WhenSettledAsync(paused.Id);
        Assert.Equal(UploadPolicy.Delay(paused.Id, 1), await _time.NextWaitAsync(Cancellation));
        Assert.False(sent.IsCompleted);
        _time.Advance(UploadPolicy.Delay(paused.Id, 1));
        await sent.WaitAsync(Cancellation);

        Assert.Equal(ReportState.Uploaded, _database.Only(paused.Id).State);
    }

    [Fact]
    public async Task WhatSomebodyAskedForIsSentEvenThen()
    {
        ReportRecord asked = _database.File(with: record => record with { ExplicitRequest = true });
        _database.Database.Settings.SetUploads(false);
        await using ScriptedServer server = new(ScriptedServer.Answer(200, "x"));
        Start(server.Url);

        await _time.NextWaitAsync(Cancellation);

        Assert.Equal(ReportState.Uploaded, _database.Only(asked.Id).State);
    }

    [Fact]
    public async Task ItWaitsForAnotherUploadersLock()
    {
        ReportRecord report = _database.File();
        await using ScriptedServer server = new(ScriptedServer.Answer(200, "x"));
        using (IDisposable? other = _database.Database.TryLockUploads())
        {
            Start(server.Url);
            Assert.Equal(UploadLimits.LookAgain, await _time.NextWaitAsync(Cancellation));
            _queue!.Wake();
            Assert.Equal(UploadLimits.LookAgain, await _time.NextWaitAsync(Cancellation));
            Assert.Equal(0, server.Unread);
        }

        Assert.Equal(UploadLimits.LookAgain, await _time.NextWaitAsync(Cancellation));
        Assert.Equal(ReportState.Uploaded, _database.Only(report.Id).State);
        Assert.Null(_database.Database.TryLockUploads());
        await StopAsync();
        using IDisposable? free = _database.Database.TryLockUploads();
        Assert.NotNull(free);
    }

    [Fact]
    public async Task WhatAnotherHandlerFiledIsFoundInTime()
    {
        await using ScriptedServer server = new(ScriptedServer.Answer(200, "x"));
        Start(server.Url);
        Assert.Equal(UploadLimits.LookAgain, await _time.NextWaitAsync(Cancellation));
        ReportRecord report = _database.File();

        _time.Advance(UploadLimits.LookAgain);

        await _time.NextWaitAsync(Cancellation);
        Assert.Equal(ReportState.Uploaded, _database.Only(report.Id).State);
    }

    [Theory]
    [InlineData("ftp://127.0.0.1/x")]
    [InlineData("/etc/passwd")]
    [InlineData("nonsense")]
    public async Task AUrlThatIsNoneFailsItsReportAndNoOther(string url)
    {
        ReportRecord bad = _database.File(minute: 2, url);
        ReportRecord good = _database.File(minute: 1);
        await using ScriptedServer server = new(ScriptedServer.Answer(200, "x"));
        Start(server.Url);

        await _time.NextWaitAsync(Cancellation);

        Assert.Equal((ReportState.Failed, "its URL is not an absolute http or https one"), (_database.Only(bad.Id).State, _database.Only(bad.Id).LastError));
        Assert.Equal(ReportState.Uploaded, _database.Only(good.Id).State);
    }

    [Fact]
    public async Task AReportsOwnUrlComesFirstAndWithoutAnyItWaits()
    {
        await using ScriptedServer server = new(ScriptedServer.Answer(200, "x"));
        ReportRecord own = _database.File(minute: 1, server.Url.AbsoluteUri.Replace("http://", "http://us%40er:p%C3%A4ss@"));
        ReportRecord none = _database.File(minute: 2);
        Start(fallbackUrl: null);

        Assert.Equal(UploadLimits.LookAgain, await _time.NextWaitAsync(Cancellation));

        Assert.Equal(ReportState.Uploaded, _database.Only(own.Id).State);
        Assert.Equal(ReportState.Pending, _database.Only(none.Id).State);
        Assert.Contains($"Authorization: Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes("us@er:päss"))}\r\n", await server.NextAsync(Cancellation));
    }

    [Fact]
    public async Task AClockThatWasSetBackHoldsNothingUp()
    {
        _database.File(minute: 2);
        ReportRecord second = _database.File(minute: 1);
        await using ScriptedServer server = new(ScriptedServer.Answer(200, "x"), ScriptedServer.Answer(500), ScriptedServer.Answer(200, "x"));
        Start(server.Url);
        Assert.Equal(UploadLimits.BetweenUploads, await _time.NextWaitAsync(Cancellation));

        _time.ShiftWallClock(TimeSpan.FromDays(-300));
        _time.Advance(UploadLimits.BetweenUploads);
        Assert.Equal(UploadPolicy.Delay(second.Id, 1), await _time.NextWaitAsync(Cancellation));
        _time.ShiftWallClock(TimeSpan.FromDays(-300));
        _time.Advance(UploadPolicy.Delay(second.Id, 1));
        Assert.Equal(UploadLimits.LookAgain, await _time.NextWaitAsync(Cancellation));

        Assert.Equal(ReportState.Uploaded, _database.Only(second.Id).State);
    }

    [Fact]
    public async Task BrokenSettingsHoldUploadsUpUntilTheyAreMended()
    {
        ReportRecord report = _database.File();
        _ = _database.Database.Settings.ClientId;
        string settings = Path.Combine(_database.Root, "settings.json");
        string good = File.ReadAllText(settings);
        File.WriteAllText(settings, "{");
        File.WriteAllText(settings + ".bak", "{");
        await using ScriptedServer server = new(ScriptedServer.Answer(200, "x"));
        Start(server.Url);

        Assert.Equal(UploadLimits.DiskRetry, await _time.NextWaitAsync(Cancellation));
        Assert.Contains(settings, _queue!.Status.LastError);
        File.WriteAllText(settings, good);
        _time.Advance(UploadLimits.DiskRetry);

        Assert.Equal(UploadLimits.LookAgain, await _time.NextWaitAsync(Cancellation));
        Assert.Equal(ReportState.Uploaded, _database.Only(report.Id).State);
    }

    [Fact]
    public async Task AnAnswerThatCannotBeStoredIsKeptAndNothingIsSentAgain()
    {
        ReportRecord report = _database.File();
        // A directory where the temporary file goes: writing fails, also for root.
        string obstacle = _database.PathOf("pending", $"{report.Id}.json.tmp");
        Directory.CreateDirectory(Path.Combine(obstacle, "x"));
        await using ScriptedServer server = new(ScriptedServer.Answer(200, "first"), ScriptedServer.Answer(200, "second"));
        Start(server.Url);

        Assert.Equal(UploadLimits.DiskRetry, await _time.NextWaitAsync(Cancellation));
        _time.Advance(UploadLimits.DiskRetry);
        Assert.Equal(UploadLimits.DiskRetry, await _time.NextWaitAsync(Cancellation));
        Directory.Delete(obstacle, recursive: true);
        _time.Advance(UploadLimits.DiskRetry);
        Assert.Equal(UploadLimits.LookAgain, await _time.NextWaitAsync(Cancellation));

        Assert.Equal((ReportState.Uploaded, "first"), (_database.Only(report.Id).State, _database.Only(report.Id).ServerId));
        await server.NextAsync(Cancellation);
        Assert.Equal(0, server.Unread);
    }

    [Fact]
    public async Task AfterARestartADelayGoesOn()
    {
        ReportRecord report = _database.File(with: record => record with { Attempts = 3, NextAttempt = _time.GetUtcNow().AddMinutes(5) });
        await using ScriptedServer server = new(ScriptedServer.Answer(200, "x"));
        Start(server.Url);

        Assert.Equal(TimeSpan.FromMinutes(5), await _time.NextWaitAsync(Cancellation));
        Assert.Equal(0, server.Unread);
        _time.Advance(TimeSpan.FromMinutes(5));
        await _time.NextWaitAsync(Cancellation);

        Assert.Equal((ReportState.Uploaded, 4), (_database.Only(report.Id).State, _database.Only(report.Id).Attempts));
    }

    private void Start(Uri? fallbackUrl)
    {
        _queue = new UploadQueue(_database.Database, fallbackUrl, _time, new Lazy<ILogger>(Log.Logger));
        _queue.Start(_stopping.Token);
    }

    private async Task StopAsync()
    {
        await _stopping.CancelAsync();
        await (_queue?.Finished ?? Task.CompletedTask);
    }

    private void AssertSent(ReportRecord filed, CollectedReport received)
    {
        Assert.Equal(filed.Parameters["minute"], received.Fields["minute"]);
        Assert.Equal(filed.Id, received.Fields["crash_report_id"]);
        Assert.Equal(filed.Parameters.Count + 1, received.Fields.Count);
        Assert.Equal($"{filed.Id}.dmp", received.DumpName);
        Assert.Equal(TestDatabase.Dump, received.Dump.ToArray());
        ReportRecord after = _database.Only(filed.Id);
        Assert.Equal((ReportState.Uploaded, received.Id, $"CrashID={received.Id}", 1), (after.State, after.ServerId, after.ServerAnswer, after.Attempts));
    }
}
