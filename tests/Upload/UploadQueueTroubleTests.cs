using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using CrashHandler.Handler.Reports;
using CrashHandler.Handler.Upload;
using Xunit;

namespace CrashHandler.Tests.Upload;

/// <summary>What goes wrong around the queue costs what it must, and nothing else.</summary>
public sealed class UploadQueueTroubleTests : QueueFixture
{
    [Fact]
    public async Task ARequestOfWhatWaitsForItsNextAttemptIsCarriedOutNow()
    {
        ReportRecord report = Reports.File(with: record => record with { NextAttempt = Time.GetUtcNow().AddHours(8) });
        await using ScriptedServer server = new(ScriptedServer.Answer(200, "x"));
        Start(server.Url);
        Assert.Equal(UploadLimits.LookAgain, await Time.NextWaitAsync(Cancellation));

        Reports.Database.Request(report.Id);
        Queue.Wake();
        await Time.NextWaitAsync(Cancellation);

        Assert.Equal(ReportState.Uploaded, Reports.Only(report.Id).State);
    }

    [Fact]
    public async Task ARequestOfWhatAPauseHoldsIsCarriedOutNow()
    {
        Reports.Database.Settings.SetPaused(true);
        ReportRecord report = Reports.File();
        await using ScriptedServer server = new(ScriptedServer.Answer(200, "x"));
        Start(server.Url);
        await Time.NextWaitAsync(Cancellation);
        Assert.Equal(ReportState.Pending, Reports.Only(report.Id).State);

        Reports.Database.Request(report.Id);
        Queue.Wake();
        await Time.NextWaitAsync(Cancellation);

        Assert.Equal(ReportState.Uploaded, Reports.Only(report.Id).State);
    }

    [Fact]
    public async Task WhatIsTriedAgainIsSentWhereItWasLastAskedFor()
    {
        await using ScriptedServer its = new(ScriptedServer.Answer(500), ScriptedServer.Answer(200, "old")), other = new(ScriptedServer.Answer(200, "new"));
        ReportRecord report = Reports.File(url: its.Url.AbsoluteUri);
        Start(null);
        await Time.NextWaitAsync(Cancellation);
        await its.NextAsync(Cancellation);

        Reports.Database.Request(report.Id, other.Url);
        Queue.Wake();
        await Time.NextWaitAsync(Cancellation);

        Assert.Equal(("new", other.Url.AbsoluteUri), (Reports.Only(report.Id).ServerId, Reports.Only(report.Id).Delivery.Url));
        Assert.Equal(0, its.Unread);
    }

    [Fact]
    public async Task ALongUrlIsRefusedAndOneThatIsThereAllTheSameEndsNothing()
    {
        ReportRecord bad = Reports.File(minute: 1, with: record => record with { State = ReportState.Failed });
        ReportRecord good = Reports.File(minute: 2);

        Assert.Contains("at most 4096", Assert.Throws<DatabaseException>(() => Reports.Database.Request(bad.Id, new Uri("http://localhost/" + new string('ü', 700)))).Message);
        File.WriteAllText(Reports.PathOf("requests", bad.Id), "http://localhost/" + new string('x', 5_000));
        await using ScriptedServer server = new(ScriptedServer.Answer(200, "x"), ScriptedServer.Answer(200, "y"));
        Start(server.Url);
        Assert.Equal(UploadLimits.BetweenUploads, await Time.NextWaitAsync(Cancellation));
        Time.Advance(UploadLimits.BetweenUploads);
        await Time.NextWaitAsync(Cancellation);

        Assert.Equal((ReportState.Uploaded, ReportState.Uploaded), (Reports.Only(bad.Id).State, Reports.Only(good.Id).State));
        Assert.False(Queue.Finished.IsCompleted);
    }

    [Theory]
    [InlineData("completed", ".json.tmp")]
    [InlineData("pending", ".json")]
    public async Task ARequestThatCannotBeCarriedOutStaysOne(string directory, string end)
    {
        ReportRecord report = Reports.File(with: record => record with { State = ReportState.Failed });
        string obstacle = Reports.PathOf(directory, report.Id + end);
        Directory.CreateDirectory(Path.Combine(obstacle, "x"));
        Reports.Database.Request(report.Id);
        await using ScriptedServer server = new(ScriptedServer.Answer(200, "x"));
        Start(server.Url);
        await Time.NextWaitAsync(Cancellation);
        Assert.True(Reports.Database.IsRequested(report.Id));

        Directory.Delete(obstacle, true);
        Queue.Wake();
        await Time.NextWaitAsync(Cancellation);

        Assert.False(Reports.Database.IsRequested(report.Id));
        Assert.Equal(ReportState.Uploaded, Reports.Only(report.Id).State);
    }

    [Fact]
    public async Task NobodyIsHeldWhileTheDatabaseCannotBeUsed()
    {
        ReportRecord report = Reports.File();
        _ = Reports.Database.Settings.ClientId;
        string settings = Path.Combine(Reports.Root, "settings.json");
        File.WriteAllText(settings, "{");
        File.WriteAllText(settings + ".bak", "{");
        Start(new Uri("http://127.0.0.1:1/"));
        Assert.Equal(UploadLimits.DiskRetry, await Time.NextWaitAsync(Cancellation));

        await Queue.WhenSettledAsync(report.Id).WaitAsync(TimeSpan.FromSeconds(20), Cancellation);
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
        await Time.NextWaitAsync(Cancellation);
        await serving;

        Assert.Equal((ReportState.Failed, 1, 0), (Reports.Only(report.Id).State, Reports.Only(report.Id).Attempts, Reports.Only(report.Id).Unanswered));
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
        Assert.Equal(UploadLimits.BetweenUploads, await Time.NextWaitAsync(Cancellation));
        Time.Advance(UploadLimits.BetweenUploads);
        Assert.Equal(UploadLimits.LookAgain, await Time.NextWaitAsync(Cancellation));
        await serving;

        Assert.Equal((ReportState.Uploaded, 1, 0), (Reports.Only(report.Id).State, Reports.Only(report.Id).Attempts, Reports.Only(report.Id).Unanswered));
        Assert.Contains("Expect: 100-continue\r\n", heads[0]);
        Assert.DoesNotContain("Expect", heads[1]);
    }

    [Fact]
    public async Task ARateLimitThatCannotBeKeptHoldsNobodyElseUp()
    {
        ReportRecord limited = Reports.File(minute: 2, with: record => record with { Delivery = new ReportDelivery(RateLimit: true) });
        ReportRecord free = Reports.File(minute: 1);
        _ = Reports.Database.Settings.ClientId;
        Directory.CreateDirectory(Path.Combine(Path.Combine(Reports.Root, "settings.json.tmp"), "x"));
        await using ScriptedServer server = new(ScriptedServer.Answer(200, "x"));
        Start(server.Url);
        await Time.NextWaitAsync(Cancellation);

        Assert.Equal((ReportState.Pending, ReportState.Uploaded), (Reports.Only(limited.Id).State, Reports.Only(free.Id).State));
        Assert.Contains("the rate limit cannot be kept", Reports.Only(limited.Id).LastError);
    }

    [Fact]
    public async Task OfTwoRecordsTheCompletedOneIsSentOnRequest()
    {
        ReportRecord report = Reports.File(with: record => record with { State = ReportState.Failed });
        File.WriteAllText(Reports.PathOf("pending", report.Id + ".json"), File.ReadAllText(Reports.PathOf("completed", report.Id + ".json")).Replace("\"failed\"", "\"pending\""));
        Reports.Database.Request(report.Id);
        await using ScriptedServer server = new(ScriptedServer.Answer(200, "x"));
        Start(server.Url);
        await Time.NextWaitAsync(Cancellation);

        Assert.Equal(ReportState.Uploaded, Reports.Database.Find(report.Id)!.State);
    }

    [Fact]
    public async Task WhatCannotBeStoredWaitsAloneAndIsSentOnce()
    {
        ReportRecord one = Reports.File(minute: 2), two = Reports.File(minute: 1);
        string obstacle = Reports.PathOf("pending", $"{one.Id}.json.tmp");
        Directory.CreateDirectory(Path.Combine(obstacle, "x"));
        await using ScriptedServer server = new(ScriptedServer.Answer(200, "first"), ScriptedServer.Answer(200, "second"));
        Start(server.Url);
        Assert.Equal(UploadLimits.BetweenUploads, await Time.NextWaitAsync(Cancellation));
        Time.Advance(UploadLimits.BetweenUploads);
        Assert.Equal(UploadLimits.DiskRetry, await Time.NextWaitAsync(Cancellation));
        Assert.Equal((ReportState.Pending, ReportState.Uploaded), (Reports.Only(one.Id).State, Reports.Only(two.Id).State));

        Directory.Delete(obstacle, true);
        Time.Advance(UploadLimits.DiskRetry);
        Assert.Equal(UploadLimits.LookAgain, await Time.NextWaitAsync(Cancellation));

        Assert.Equal("first", Reports.Only(one.Id).ServerId);
        Assert.Equal(2, server.Unread);
    }

    // Longer than a form that is sent unasked, and than what the sockets' buffers take.
    private ReportRecord FileLong()
    {
        ReportRecord report = Reports.File();
        using FileStream dump = new(Reports.PathOf("pending", report.Id + ".dmp"), FileMode.Append);
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
}
