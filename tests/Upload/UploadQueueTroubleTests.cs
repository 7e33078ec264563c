using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using CrashHandler.Handler.Reports;
using CrashHandler.Handler.Upload;
using CrashHandler.Tests.Reports;
using CrashHandler.Tests.Tools;
using Serilog;
using Xunit;

namespace CrashHandler.Tests.Upload;

/// <summary>What goes wrong around the queue costs what it must, and nothing else.</summary>
public sealed class UploadQueueTroubleTests : IAsyncDisposable
{
    private readonly TestDatabase _database = new();
    private readonly ManualTimeProvider _time = new();
    private readonly CancellationTokenSource _stopping = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private UploadQueue? _queue;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _database.Dispose();
        _stopping.Dispose();
    }

    [Fact]
    public async Task ARequestOfWhatWaitsForItsNextAttemptIsCarriedOutNow()
    {
        ReportRecord report = _database.File(with: record => record with { NextAttempt = _time.GetUtcNow().AddHours(8) });
        await using ScriptedServer server = new(ScriptedServer.Answer(200, "x"));
        Start(server.Url);
        Assert.Equal(UploadLimits.LookAgain, await _time.NextWaitAsync(Cancellation));

        _database.Database.Request(report.Id);
        _queue!.Wake();
        await _time.NextWaitAsync(Cancellation);

        Assert.Equal(ReportState.Uploaded, _database.Only(report.Id).State);
    }

    [Fact]
    public async Task ARequestOfWhatAPauseHoldsIsCarriedOutNow()
    {
        _database.Database.Settings.SetPaused(true);
        ReportRecord report = _database.File();
        await using ScriptedServer server = new(ScriptedServer.Answer(200, "x"));
        Start(server.Url);
        await _time.NextWaitAsync(Cancellation);
        Assert.Equal(ReportState.Pending, _database.Only(report.Id).State);

        _database.Database.Request(report.Id);
        _queue!.Wake();
        await _time.NextWaitAsync(Cancellation);

        Assert.Equal(ReportState.Uploaded, _database.Only(report.Id).State);
    }

    [Fact]
    public async Task WhatIsTriedAgainIsSentWhereItWasLastAskedFor()
    {
        await using ScriptedServer its = new(ScriptedServer.Answer(500), ScriptedServer.Answer(200, "old")), other = new(ScriptedServer.Answer(200, "new"));
        ReportRecord report = _database.File(url: its.Url.AbsoluteUri);
        Start(null);
        await _time.NextWaitAsync(Cancellation);
        await its.NextAsync(Cancellation);

        _database.Database.Request(report.Id, other.Url);
        _queue!.Wake();
        await _time.NextWaitAsync(Cancellation);

        Assert.Equal(("new", other.Url.AbsoluteUri), (_database.Only(report.Id).ServerId, _database.Only(report.Id).Delivery.Url));
        Assert.Equal(0, its.Unread);
    }

    [Fact]
    public async Task ALongUrlIsRefusedAndOneThatIsThereAllTheSameEndsNothing()
    {
        ReportRecord bad = _database.File(minute: 1, with: record => record with { State = ReportState.Failed });
        ReportRecord good = _database.File(minute: 2);

        Assert.Contains("at most 4096", Assert.Throws<DatabaseException>(() => _database.Database.Request(bad.Id, new Uri("http://localhost/" + new string('ü', 700)))).Message);
        File.WriteAllText(_database.PathOf("requests", bad.Id), "http://localhost/" + new string('x', 5_000));
        await using ScriptedServer server = new(ScriptedServer.Answer(200, "x"), ScriptedServer.Answer(200, "y"));
        Start(server.Url);
        Assert.Equal(UploadLimits.BetweenUploads, await _time.NextWaitAsync(Cancellation));
        _time.Advance(UploadLimits.BetweenUploads);
        await _time.NextWaitAsync(Cancellation);

        Assert.Equal((ReportState.Uploaded, ReportState.Uploaded), (_database.Only(bad.Id).State, _database.Only(good.Id).State));
        Assert.False(_queue!.Finished.IsCompleted);
    }

    [Theory]
    [InlineData("completed", ".json.tmp")]
    [InlineData("pending", ".json")]
    public async Task ARequestThatCannotBeCarriedOutStaysOne(string directory, string end)
    {
        ReportRecord report = _database.File(with: record => record with { State = ReportState.Failed });
        string obstacle = _database.PathOf(directory, report.Id + end);
        Directory.CreateDirectory(Path.Combine(obstacle, "x"));
        _database.Database.Request(report.Id);
        await using ScriptedServer server = new(ScriptedServer.Answer(200, "x"));
        Start(server.Url);
        await _time.NextWaitAsync(Cancellation);
        Assert.True(_database.Database.IsRequested(report.Id));

        Directory.Delete(obstacle, true);
        _queue!.Wake();
        await _time.NextWaitAsync(Cancellation);

        Assert.False(_database.Database.IsRequested(report.Id));
        Assert.Equal(ReportState.Uploaded, _database.Only(report.Id).State);
    }

    [Fact]
    public async Task NobodyIsHeldWhileTheDatabaseCannotBeUsed()
    {
        ReportRecord report = _database.File();
        _ = _database.Database.Settings.ClientId;
        string settings = Path.Combine(_database.Root, "settings.json");
        File.WriteAllText(settings, "{");
        File.WriteAllText(settings + ".bak", "{");
        Start(new Uri("http://127.0.0.1:1/"));
        Assert.Equal(UploadLimits.DiskRetry, await _time.NextWaitAsync(Cancellation));

        await _queue!.WhenSettledAsync(report.Id).WaitAsync(TimeSpan.FromSeconds(20), Cancellation);
    }

    [Fact]
    public async Task ARefusalBeforeTheBodyIsAnAnswer()
    {
        ReportRecord report = FileLong();
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        Task serving = Task.Run(
            async () =>
            {
                using TcpClient client = await listener.AcceptTcpClientAsync(Cancellation);
                NetworkStream stream = client.GetStream();
                _ = await stream.ReadAtLeastAsync(new byte[4_096], 100, throwOnEndOfStream: false, Cancellation);
                await stream.WriteAsync("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray(), Cancellation);
            },
            Cancellation);
        Start(new Uri($"http://{listener.LocalEndpoint}/"));
        await _time.NextWaitAsync(Cancellation);
        await serving;

        Assert.Equal((ReportState.Failed, 1, 0), (_database.Only(report.Id).State, _database.Only(report.Id).Attempts, _database.Only(report.Id).Unanswered));
    }

    [Fact]
    public async Task AServerThatIsNotToBeAskedGetsTheFormWithoutAQuestionInTheSameAttempt()
    {
        ReportRecord report = FileLong();
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        List<string> heads = [];
        Task serving = Task.Run(
            async () =>
            {
                heads.Add(await AnswerAsync(listener, "417 Expectation Failed", readsForm: false));
                heads.Add(await AnswerAsync(listener, "200 OK", readsForm: true));
            },
            Cancellation);
        Start(new Uri($"http://{listener.LocalEndpoint}/"));
        Assert.Equal(UploadLimits.BetweenUploads, await _time.NextWaitAsync(Cancellation));
        _time.Advance(UploadLimits.BetweenUploads);
        Assert.Equal(UploadLimits.LookAgain, await _time.NextWaitAsync(Cancellation));
        await serving;

        Assert.Equal((ReportState.Uploaded, 1, 0), (_database.Only(report.Id).State, _database.Only(report.Id).Attempts, _database.Only(report.Id).Unanswered));
        Assert.Contains("Expect: 100-continue\r\n", heads[0]);
        Assert.DoesNotContain("Expect", heads[1]);
    }

    [Fact]
    public async Task ARateLimitThatCannotBeKeptHoldsNobodyElseUp()
    {
        ReportRecord limited = _database.File(minute: 2, with: record => record with { Delivery = new ReportDelivery(RateLimit: true) });
        ReportRecord free = _database.File(minute: 1);
        _ = _database.Database.Settings.ClientId;
        Directory.CreateDirectory(Path.Combine(Path.Combine(_database.Root, "settings.json.tmp"), "x"));
        await using ScriptedServer server = new(ScriptedServer.Answer(200, "x"));
        Start(server.Url);
        await _time.NextWaitAsync(Cancellation);

        Assert.Equal((ReportState.Pending, ReportState.Uploaded), (_database.Only(limited.Id).State, _database.Only(free.Id).State));
        Assert.Contains("the rate limit cannot be kept", _database.Only(limited.Id).LastError);
    }

    [Fact]
    public async Task OfTwoRecordsTheCompletedOneIsSentOnRequest()
    {
        ReportRecord report = _database.File(with: record => record with { State = ReportState.Failed });
        File.WriteAllText(_database.PathOf("pending", report.Id + ".json"), File.ReadAllText(_database.PathOf("completed", report.Id + ".json")).Replace("\"failed\"", "\"pending\""));
        _database.Database.Request(report.Id);
        await using ScriptedServer server = new(ScriptedServer.Answer(200, "x"));
        Start(server.Url);
        await _time.NextWaitAsync(Cancellation);

        Assert.Equal(ReportState.Uploaded, _database.Database.Find(report.Id)!.State);
    }

    [Fact]
    public async Task WhatCannotBeStoredWaitsAloneAndIsSentOnce()
    {
        ReportRecord one = _database.File(minute: 2), two = _database.File(minute: 1);
        string obstacle = _database.PathOf("pending", $"{one.Id}.json.tmp");
        Directory.CreateDirectory(Path.Combine(obstacle, "x"));
        await using ScriptedServer server = new(ScriptedServer.Answer(200, "first"), ScriptedServer.Answer(200, "second"));
        Start(server.Url);
        Assert.Equal(UploadLimits.BetweenUploads, await _time.NextWaitAsync(Cancellation));
        _time.Advance(UploadLimits.BetweenUploads);
        Assert.Equal(UploadLimits.DiskRetry, await _time.NextWaitAsync(Cancellation));
        Assert.Equal((ReportState.Pending, ReportState.Uploaded), (_database.Only(one.Id).State, _database.Only(two.Id).State));

        Directory.Delete(obstacle, true);
        _time.Advance(UploadLimits.DiskRetry);
        Assert.Equal(UploadLimits.LookAgain, await _time.NextWaitAsync(Cancellation));

        Assert.Equal("first", _database.Only(one.Id).ServerId);
        Assert.Equal(2, server.Unread);
    }

    // Longer than a form that is sent unasked, and than what the sockets' buffers take.
    private ReportRecord FileLong()
    {
        ReportRecord report = _database.File();
        using FileStream dump = new(_database.PathOf("pending", report.Id + ".dmp"), FileMode.Append);
        dump.Write(new byte[30 << 20]);
        return report;
    }

    /// <returns>The request's head.</returns>
    private static async Task<string> AnswerAsync(TcpListener listener, string status, bool readsForm)
    {
        using TcpClient client = await listener.AcceptTcpClientAsync(Cancellation);
        NetworkStream stream = client.GetStream();
        // A byte is a character in Latin-1.
        using StreamReader reader = new(stream, Encoding.Latin1, false, leaveOpen: true);
        StringBuilder head = new();
        while (await reader.ReadLineAsync(Cancellation) is { Length: > 0 } line)
        {
            head.Append(line).Append("\r\n");
        }

        if (readsForm)
        {
            char[] form = new char[int.Parse(head.ToString().Split("Content-Length: ")[1].Split('\r')[0], CultureInfo.InvariantCulture)];
            Assert.Equal(form.Length, await reader.ReadBlockAsync(form, Cancellation));
        }

        await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"), Cancellation);
        return head.ToString();
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
}
