using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using CrashHandler.Handler.Collector;
using Xunit;

namespace CrashHandler.Tests.Collector;

/// <summary>What <c>collect --play</c> answers, byte for byte over a socket.</summary>
public sealed class PlayedAnswerTests
{
    private const string Body = "--B\r\nContent-Disposition: form-data; name=\"prod\"\r\n\r\n.NET\r\n"
        + "--B\r\nContent-Disposition: form-data; name=\"upload_file_minidump\"; filename=\"x.dmp\"\r\nContent-Type: application/octet-stream\r\n\r\nMDMP\u0001\r\n"
        + "--B\r\nContent-Disposition: form-data; name=\"attachment_a.log\"; filename=\"../a.log\"\r\nContent-Type: application/octet-stream\r\n\r\nhello\r\n--B--\r\n";

    private const string Uuid = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
    private const string Socorro = "bp-[0-9a-f-]{29}0[0-9]{6}";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Name, status line, a header, the body as a pattern, whether the report is stored.</summary>
    public static TheoryData<string, string, string, string, bool> Answers => new()
    {
        { "accept", "200 OK", "Content-Type: text/plain; charset=utf-8", $"CrashID={Socorro}\n", true },
        { "accept-sentry", "200 OK", "Content-Type: text/plain; charset=utf-8", Uuid, true },
        { "accept-backtrace", "200 OK", "Content-Type: application/json", $"{{\"response\":\"ok\",\"_rxid\":\"{Uuid}\"}}", true },
        { "accept-bugsplat", "200 OK", "Content-Type: application/json", "{\"status\":\"success\",\"crashId\":[0-9]+}", true },
        { "accept-mini-breakpad", "200 OK", "Content-Type: text/html; charset=utf-8", Uuid, true },
        { "accept-simple-breakpad", "200 OK", "Content-Type: application/json", "{\n  \"id\": [0-9]+,\n  \"product\": \"[.]NET\"\n}", true },
        { "discard", "200 OK", "Content-Length: 34", "Discarded=rule_unsupported_product", false },
        { "malformed", "400 BadRequest", "Content-Length: 45", "Discarded=malformed_invalid_payload_structure", false },
        { "unauthorized", "403 Forbidden", "Content-Type: application/json", "{\"detail\":\"event rejected\"}", false },
        { "too-large", "413 RequestEntityTooLarge", "Content-Type: text/html", "<html>.*413.*</html>", false },
        { "slow:0", "200 OK", "Connection: close", $"CrashID={Socorro}\n", true },
        { "rate-limited", "429 TooManyRequests", "Retry-After: 2", "", false },
        { "rate-limited:77", "429 TooManyRequests", "Retry-After: 77", "", false },
        { "rate-limited-date", "429 TooManyRequests", "Retry-After: ..., .. ... .... ..:..:.. GMT", "", false },
        { "error", "500 InternalServerError", "Content-Length: 0", "", false },
        { "unavailable", "503 ServiceUnavailable", "Content-Length: 0", "", false },
        { "redirect", "302 Found", "Location: /elsewhere", "", false },
        { "cut", "200 OK", "Content-Length: 148", $"CrashID={Socorro}\n", true },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task EachIsPlayed(string name, string status, string header, string body, bool isStored)
    {
        List<CollectedReport> reports = [];
        await using CrashCollector collector = Start(name, reports.Add);

        string answer = await ExchangeAsync(collector);

        string[] parts = answer.Split("\r\n\r\n", 2);
        Assert.StartsWith($"HTTP/1.1 {status}\r\n", parts[0] + "\r\n");
        Assert.Matches($"\r\n{header}(\r|$)", parts[0]);
        Assert.Matches(new Regex($"^{body}$", RegexOptions.Singleline), parts[1].TrimEnd('\n') + (body.EndsWith('\n') ? "\n" : ""));
        Assert.Equal(isStored ? 1 : 0, reports.Count);
        if (isStored)
        {
            Assert.Contains(reports[0].Id, parts[1]);
            Assert.Equal("hello"u8.ToArray(), reports[0].Attachments["../a.log"].ToArray());
        }
    }

    [Fact]
    public void TheTableAboveHasEveryAnswer()
    {
        string[] shown = [.. Answers.Select(row => row.Data.Item1.Split(':')[0]), "drop", "endless"];

        Assert.Equal(PlayedAnswer.All().Select(answer => answer.Name).Order(), shown.Distinct().Order());
    }

    [Fact]
    public async Task DropClosesWithoutAWord()
    {
        await using CrashCollector collector = Start("drop");

        Assert.Equal("", await ExchangeAsync(collector));
    }

    [Fact]
    public async Task EndlessGoesOnUntilNobodyListensAndDelaysNoEnd()
    {
        CrashCollector collector = Start("endless");
        using Socket socket = await ConnectAsync(collector);
        await using NetworkStream stream = new(socket);
        await stream.WriteAsync(Request(), Cancellation);

        byte[] much = new byte[4 << 20];
        await stream.ReadExactlyAsync(much, Cancellation).AsTask().WaitAsync(s_patience, Cancellation);

        Assert.StartsWith("HTTP/1.1 200 OK\r\n", Encoding.ASCII.GetString(much, 0, 100));
        await collector.DisposeAsync().AsTask().WaitAsync(s_patience, Cancellation);
    }

    [Fact]
    public async Task AListIsPlayedInOrderAndThenAgain()
    {
        await using CrashCollector collector = Start("error,accept,discard");
        List<string> seen = [];
        for (int i = 0; i < 7; i++)
        {
            string answer = await ExchangeAsync(collector);
            seen.Add(answer.Contains("Discarded", StringComparison.Ordinal) ? "discard" : answer.StartsWith("HTTP/1.1 200", StringComparison.Ordinal) ? "accept" : "error");
        }

        Assert.Equal(["error", "accept", "discard", "error", "accept", "discard", "error"], seen);
    }

    [Fact]
    public async Task WhatIsNotRightIsRefusedWhateverIsPlayed()
    {
        await using CrashCollector collector = Start("accept-sentry");
        using Socket socket = await ConnectAsync(collector);

        Assert.StartsWith("HTTP/1.1 400 ", await ExchangeAsync(socket, "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Type: text/plain\r\n\r\nx"u8.ToArray()));
    }

    [Theory]
    [InlineData("nonsense", "there is no answer 'nonsense'; there are accept, accept-sentry, ")]
    [InlineData("", "there is no answer ''")]
    [InlineData("slow:soon", "'slow:soon' has no number of seconds")]
    [InlineData("accept,,error", "there is no answer ''")]
    public void AWrongNameIsOneClearError(string names, string error)
        => Assert.StartsWith(error, Assert.Throws<FormatException>(() => PlayedAnswer.Parse(names)).Message);

    private static CrashCollector Start(string names, Action<CollectedReport>? onReport = null)
        => CrashCollector.Start(new IPEndPoint(IPAddress.Loopback, 0), null, onReport ?? (_ => { }), _ => { }, PlayedAnswer.Parse(names));

    private static byte[] Request() => Encoding.UTF8.GetBytes($"POST / HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=B\r\nContent-Length: {Body.Length}\r\n\r\n{Body}");

    private static async Task<Socket> ConnectAsync(CrashCollector collector)
    {
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(collector.Endpoint, Cancellation);
        return socket;
    }

    private static async Task<string> ExchangeAsync(CrashCollector collector)
    {
        using Socket socket = await ConnectAsync(collector);
        return await ExchangeAsync(socket, Request());
    }

    private static async Task<string> ExchangeAsync(Socket socket, byte[] request)
    {
        await using NetworkStream stream = new(socket);
        await stream.WriteAsync(request, Cancellation);
        socket.Shutdown(SocketShutdown.Send);
        using StreamReader reader = new(stream, Encoding.UTF8);
        return await reader.ReadToEndAsync(Cancellation).WaitAsync(s_patience, Cancellation);
    }
}
