using System.Net;
using System.Net.Sockets;
using CrashHandler.Handler.Collector;
using CrashHandler.Handler.Reports;
using CrashHandler.Handler.Upload;
using Xunit;

namespace CrashHandler.Tests.Upload;

/// <summary>
/// Every answer of the known servers, and every way to give none, against the queue over HTTP, on a clock that the test moves: the report's final
/// state, its attempts, and when the next one is due.
/// </summary>
public sealed class AnswerTableTests : QueueFixture
{
    private const string Uuid = "0123abcd-0123-4567-89ab-0123456789ab";

    /// <summary>What it is, status, body, header; then the state, the server's id, and the delay: null none, -1 the policy's own, else seconds.</summary>
    public static TheoryData<string, int, string, string, string, string?, int?> Answers => new()
    {
        // Socorro's collector.
        { "Socorro: stored", 200, "CrashID=bp-0123abcd-0123-4567-89ab-012340261123\n", "", "Uploaded", "bp-0123abcd-0123-4567-89ab-012340261123", null },
        { "Socorro: stored, deferred", 200, "CrashID=bp-0123abcd-0123-4567-89ab-012341261123\n", "", "Uploaded", "bp-0123abcd-0123-4567-89ab-012341261123", null },
        { "Socorro: throttled", 200, "Discarded=rule_unsupported_product", "", "Discarded", null, null },
        { "Socorro: no boundary", 400, "Discarded=malformed_no_boundary", "", "Failed", null, null },
        { "Socorro: no length", 400, "Discarded=malformed_no_content_length", "", "Failed", null, null },
        { "Socorro: bad gzip", 400, "Discarded=malformed_bad_gzip", "", "Failed", null, null },
        { "Socorro: structure", 400, "Discarded=malformed_invalid_payload_structure", "", "Failed", null, null },
        { "Socorro: no annotations", 400, "Discarded=malformed_no_annotations", "", "Failed", null, null },
        { "Socorro: a field named uuid", 401, "Discarded=unauthorized_uuid", "", "Failed", null, null },
        { "Socorro: wrong URL", 404, "", "", "Failed", null, null },
        { "Socorro: wrong method", 405, "", "", "Failed", null, null },
        { "Socorro's front end: too large", 413, "<html>413</html>", "", "Failed", null, null },
        { "Socorro: timed out", 408, "", "", "Pending", null, -1 },
        { "Socorro: not stored", 500, "", "", "Pending", null, -1 },
        { "Socorro's front end: bad gateway", 502, "", "", "Pending", null, -1 },
        { "Socorro's front end: unavailable", 503, "", "", "Pending", null, -1 },

        // mini-breakpad-server.
        { "mini-breakpad: stored", 200, Uuid, "Content-Type: text/html", "Uploaded", Uuid, null },
        { "mini-breakpad: invalid", 500, "Invalid breakpad request", "", "Pending", null, -1 },

        // simple-breakpad-server.
        { "simple-breakpad: stored", 200, "{\n  \"id\": 12,\n  \"product\": \".NET\",\n  \"files\": [\"/x\"]\n}", "", "Uploaded", "12", null },
        { "simple-breakpad: bad", 500, "Bad things happened: Error: Multipart: Boundary not found", "", "Pending", null, -1 },

        // Sentry.
        { "Sentry: stored", 200, Uuid, "", "Uploaded", Uuid, null },
        { "Sentry: invalid", 400, "{\"detail\":\"invalid minidump\"}", "", "Failed", null, null },
        { "Sentry: wrong key", 403, "{\"detail\":\"event rejected\"}", "", "Failed", null, null },
        { "Sentry: too large", 413, "", "", "Failed", null, null },
        { "Sentry: queue full", 503, "", "", "Pending", null, -1 },
        { "Sentry: limited", 429, "", "Retry-After: 60", "Pending", null, 60 },
        { "Sentry: limited, its own header alone", 429, "", "X-Sentry-Rate-Limits: 60::organization", "Pending", null, -1 },

        // Backtrace.
        { "Backtrace: stored", 200, "{\"response\":\"ok\",\"_rxid\":\"" + Uuid + "\"}", "", "Uploaded", Uuid, null },
        { "Backtrace: stored, with symbolication", 200, "{\"response\":\"ok\",\"_rxid\":\"" + Uuid + "\",\"fingerprint\":\"ab\"}", "", "Uploaded", Uuid, null },
        { "Backtrace: malformed", 400, "{\"error\":{\"message\":\"invalid multipart\"}}", "", "Failed", null, null },
        { "Backtrace: wrong token", 403, "{\"error\":{\"message\":\"invalid token\"}}", "", "Failed", null, null },

        // BugSplat.
        { "BugSplat: stored", 200, "{\"status\":\"success\",\"crashId\":1234,\"infoUrl\":\"https://x\"}", "", "Uploaded", "1234", null },
        { "BugSplat: too many", 429, "", "", "Pending", null, -1 },

        // Any server.
        { "created", 201, "x", "", "Uploaded", "x", null },
        { "accepted", 202, "x", "", "Uploaded", "x", null },
        { "not authoritative", 203, "x", "", "Uploaded", "x", null },
        { "no content", 204, "", "", "Failed", null, null },
        { "moved", 301, "", "Location: /elsewhere", "Failed", null, null },
        { "found", 302, "", "Location: /elsewhere", "Failed", null, null },
        { "redirected", 307, "", "Location: /elsewhere", "Failed", null, null },
        { "redirected for good", 308, "", "Location: /elsewhere", "Failed", null, null },
        { "gone", 410, "", "", "Failed", null, null },
        { "length required", 411, "", "", "Failed", null, null },
        { "media type", 415, "", "", "Failed", null, null },
        { "unprocessable", 422, "", "", "Failed", null, null },
        { "too early", 425, "", "", "Pending", null, -1 },
        { "gateway timeout", 504, "", "", "Pending", null, -1 },

        // Retry-After; the clock stands at 12:00:00 on 2 January 2026.
        { "retry after seconds", 503, "", "Retry-After: 7", "Pending", null, 7 },
        { "retry after a date", 429, "", "Retry-After: Fri, 02 Jan 2026 12:01:30 GMT", "Pending", null, 90 },
        { "retry after a date that has passed", 429, "", "Retry-After: Fri, 02 Jan 2026 11:00:00 GMT", "Pending", null, -1 },
        { "retry after more than a day", 429, "", "Retry-After: 1000000", "Pending", null, 86_400 },
        { "retry after nonsense", 429, "", "Retry-After: soon", "Pending", null, -1 },
        { "retry after zero", 429, "", "Retry-After: 0", "Pending", null, -1 },
        { "retry after, on a permanent answer", 400, "", "Retry-After: 7", "Failed", null, null },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task AnAnswerMeansThis(string what, int status, string body, string header, string state, string? serverId, int? delay)
    {
        await using ScriptedServer server = new(ScriptedServer.Answer(status, body, header.Length > 0 ? [header] : []));
        ReportRecord report = Reports.File();
        await RunAsync(server.Url);

        ReportRecord after = Reports.Only(report.Id);
        TimeSpan? next = delay switch { null => null, -1 => UploadPolicy.Delay(report.Id, 1), { } seconds => TimeSpan.FromSeconds(seconds) };
        Assert.Equal((what, state, 1, 0, serverId), (what, after.State.ToString(), after.Attempts, after.Unanswered, after.ServerId));
        Assert.Equal(next, after.NextAttempt - Time.GetUtcNow());
        Assert.Equal(state is "Uploaded", after.LastError is null);
        await server.NextAsync(Cancellation);
        Assert.Equal(0, server.Unread);
    }

    /// <summary>No answer at all is no attempt.</summary>
    [Theory]
    [InlineData("drop")]
    [InlineData("refused")]
    [InlineData("silence")]
    [InlineData("nonsense")]
    [InlineData("half a head")]
    [InlineData("no such host")]
    [InlineData("no TLS")]
    public async Task NoAnswerIsNoAttempt(string what)
    {
        await using ScriptedServer server = new(what switch
        {
            "silence" => ScriptedServer.Silence,
            "nonsense" => ScriptedServer.Raw("hello\r\n\r\n"),
            "half a head" => ScriptedServer.Raw("HTTP/1.1 200 OK\r\nContent-"),
            _ => ScriptedServer.Drop,
        });
        Uri url = what switch
        {
            "refused" => new Uri($"http://127.0.0.1:{ClosedPort()}/"),
            "no such host" => new Uri("http://nosuchhost.invalid/"),
            "no TLS" => new Uri($"https://127.0.0.1:{PlainPort()}/"),
            _ => server.Url,
        };
        ReportRecord report = Reports.File();
        Start(url);
        if (what == "silence")
        {
            await server.NextAsync(Cancellation);
            Time.Advance(UploadLimits.Attempt);
        }

        await Time.NextWaitAsync(Cancellation);

        ReportRecord after = Reports.Only(report.Id);
        Assert.Equal((what, ReportState.Pending, 0, 1), (what, after.State, after.Attempts, after.Unanswered));
        Assert.Equal(Time.GetUtcNow() + UploadPolicy.Delay(report.Id, 1), after.NextAttempt);
        Assert.NotNull(after.LastError);
    }

    /// <summary>Each answer that <c>collect --play</c> knows, by the collector itself.</summary>
    [Theory]
    [InlineData("accept", "Uploaded")]
    [InlineData("accept-sentry", "Uploaded")]
    [InlineData("accept-backtrace", "Uploaded")]
    [InlineData("accept-bugsplat", "Uploaded")]
    [InlineData("accept-mini-breakpad", "Uploaded")]
    [InlineData("accept-simple-breakpad", "Uploaded")]
    [InlineData("slow:0", "Uploaded")]
    [InlineData("endless", "Uploaded")]
    [InlineData("cut", "Uploaded")]
    [InlineData("discard", "Discarded")]
    [InlineData("malformed", "Failed")]
    [InlineData("unauthorized", "Failed")]
    [InlineData("too-large", "Failed")]
    [InlineData("redirect", "Failed")]
    [InlineData("rate-limited", "Pending")]
    [InlineData("rate-limited-date", "Pending")]
    [InlineData("error", "Pending")]
    [InlineData("unavailable", "Pending")]
    [InlineData("drop", "Pending")]
    public async Task WhatTheCollectorPlaysIsUnderstood(string play, string state)
    {
        List<CollectedReport> reports = [];
        await using CrashCollector collector = CrashCollector.Start(new IPEndPoint(IPAddress.Loopback, 0), null, reports.Add, _ => { }, PlayedAnswer.Parse(play));
        ReportRecord report = Reports.File();

        await RunAsync(new Uri($"http://{collector.Endpoint}/"));

        ReportRecord after = Reports.Only(report.Id);
        Assert.Equal((play, state), (play, after.State.ToString()));
        Assert.Equal(state == "Uploaded" ? Assert.Single(reports).Id : null, after.ServerId);
    }

    private async Task RunAsync(Uri url)
    {
        Start(url);
        await Time.NextWaitAsync(Cancellation);
    }

    // Talks before it is asked, and not TLS.
    private int PlainPort()
    {
        TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        _ = Task.Run(async () =>
        {
            using (listener)
            {
                using TcpClient client = await listener.AcceptTcpClientAsync(Stopping);
                await client.GetStream().WriteAsync("220 hello\r\n"u8.ToArray(), Stopping);
            }
        });
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    // Bound and not listening: nobody else gets it meanwhile.
    private static int ClosedPort()
    {
        using Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
