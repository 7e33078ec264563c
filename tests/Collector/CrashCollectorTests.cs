using System.Collections.Concurrent;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using CrashHandler.Handler.Collector;
using CrashHandler.Handler.Upload;
using Xunit;

namespace CrashHandler.Tests.Collector;

public sealed class CrashCollectorTests : IAsyncDisposable
{
    private const string Boundary = "B";
    private const string FormType = "multipart/form-data; boundary=B";
    private const string Dump = "--B\r\nContent-Disposition: form-data; name=\"upload_file_minidump\"; filename=\"x.dmp\"\r\nContent-Type: application/octet-stream\r\n\r\nMDMP\u0001\r\n--B--\r\n";
    private const string Field = "--B\r\nContent-Disposition: form-data; name=\"prod\"\r\n\r\n.NET\r\n";
    private const string Good = Field + Dump;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("crash-handler-collector-");
    private readonly ConcurrentQueue<CollectedReport> _reports = new();
    private readonly ConcurrentQueue<string> _refusals = new();
    private readonly CrashCollector _collector;

    public CrashCollectorTests() => _collector = CrashCollector.Start(new IPEndPoint(IPAddress.Loopback, 0), Store, _reports.Enqueue, _refusals.Enqueue);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Store => Path.Combine(_directory.FullName, "store");

    public async ValueTask DisposeAsync()
    {
        await _collector.DisposeAsync();
        _directory.Delete(recursive: true);
    }

    [Fact]
    public async Task WhatIsSentIsStoredByteForByte()
    {
        byte[] dump = [.. "MDMP"u8, .. Enumerable.Range(0, 100_000).Select(value => (byte)(value * 7))];
        Dictionary<string, string> fields = new() { ["prod"] = ".NET", ["a\"b\r\n%22"] = "ü\r\n--B", ["empty"] = "" };
        using MultipartFormData form = new(fields, [new FormFile(MultipartFormData.DumpField, "1.dmp", dump.Length, () => new MemoryStream(dump))]);
        byte[] body = await form.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        string head = $"POST /submit HTTP/1.1\r\nHost: h\r\nContent-Type: {form.Headers.NonValidated["Content-Type"]}\r\nContent-Length: {body.Length}\r\n\r\n";

        (int status, string answer) = await SendAsync([.. Encoding.Latin1.GetBytes(head), .. body]);

        CollectedReport report = Assert.Single(_reports);
        Assert.Equal((200, $"CrashID={report.Id}\n"), (status, answer));
        Assert.Equal(fields, report.Fields);
        Assert.Equal(head, File.ReadAllText(Path.Combine(Store, $"{report.Id}.head")));
        Assert.Equal(body, File.ReadAllBytes(Path.Combine(Store, $"{report.Id}.body")));
        Assert.Equal(dump, File.ReadAllBytes(Path.Combine(Store, $"{report.Id}.dmp")));
        JsonNode json = JsonNode.Parse(File.ReadAllText(Path.Combine(Store, $"{report.Id}.json")))!;
        Assert.Equal((report.Id, "1.dmp", dump.Length), ((string?)json["id"], (string?)json["dumpName"], (int?)json["dumpBytes"]));
        Assert.Equal(fields, json["fields"]!.AsObject().ToDictionary(field => field.Key, field => (string)field.Value!));
        Assert.Equal(4, Directory.EnumerateFiles(Store).Count());
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Store));
    }

    [Theory]
    [InlineData("plain", FormType, Good)]
    [InlineData("quoted boundary", "multipart/form-data; boundary=\"B\"", Good)]
    [InlineData("charset behind the boundary", FormType + "; charset=utf-8", Good)]
    [InlineData("attachment", FormType, "--B\r\nContent-Disposition: form-data; name=\"log\"; filename=\"a.log\"\r\n\r\ntext\r\n" + Good)]
    [InlineData("dump without Content-Type", FormType, Field + "--B\r\nContent-Disposition: form-data; name=\"upload_file_minidump\"; filename=\"x.dmp\"\r\n\r\nMDMP\r\n--B--\r\n")]
    public async Task WhatAllThreeServersTakeIsTaken(string variant, string contentType, string body)
    {
        (int status, string answer) = await PostAsync(contentType, body);

        Assert.Equal((200, variant), (status, status == 200 ? variant : answer));
        Assert.Equal(".NET", Assert.Single(_reports).Fields["prod"]);
    }

    [Theory]
    [InlineData("charset before boundary", 400, "malformed_no_boundary", "multipart/form-data; charset=utf-8; boundary=B", Good)]
    [InlineData("no boundary", 400, "malformed_no_boundary", "multipart/form-data", Good)]
    [InlineData("empty boundary", 400, "malformed_no_boundary", "multipart/form-data; boundary=\"\"", Good)]
    [InlineData("no form", 400, "malformed_wrong_content_type", "application/octet-stream", Good)]
    [InlineData("another boundary", 400, "does not begin with the boundary", "multipart/form-data; boundary=C", Good)]
    [InlineData("longer boundary in the body", 400, "not followed by CR LF", FormType, "--Bx\r\n")]
    [InlineData("unquoted name", 400, "names quoted", FormType, "--B\r\nContent-Disposition: form-data; name=prod\r\n\r\n.NET\r\n" + Dump)]
    [InlineData("Content-Type first", 400, "this header first", FormType, "--B\r\nContent-Type: text/plain\r\nContent-Disposition: form-data; name=\"prod\"\r\n\r\n.NET\r\n" + Dump)]
    [InlineData("Content-Type of a text", 400, "headers besides Content-Disposition", FormType, "--B\r\nContent-Disposition: form-data; name=\"prod\"\r\nContent-Type: text/plain\r\n\r\n.NET\r\n" + Dump)]
    [InlineData("filename*", 400, "has the name", FormType, "--B\r\nContent-Disposition: form-data; name=\"upload_file_minidump\"; filename=\"x\"; filename*=\"utf-8''x\"\r\n\r\nMDMP\r\n" + Good)]
    [InlineData("empty name", 400, "has the name ''", FormType, "--B\r\nContent-Disposition: form-data; name=\"\"\r\n\r\n.NET\r\n" + Dump)]
    [InlineData("no closing boundary", 400, "closing boundary is missing", FormType, Field + "--B\r\nContent-Disposition: form-data; name=\"upload_file_minidump\"; filename=\"x\"\r\n\r\nMDMP\r\n")]
    [InlineData("something behind the end", 400, "not followed by CR LF", FormType, Good + "x")]
    [InlineData("no CR LF at the end", 400, "not followed by CR LF", FormType, Field + "--B--")]
    [InlineData("part without headers", 400, "no headers", FormType, "--B\r\n\r\n.NET\r\n" + Dump)]
    [InlineData("part without empty line", 400, "no empty line", FormType, "--B\r\nContent-Disposition: form-data; name=\"prod\"\r\n" + Dump)]
    [InlineData("empty part", 400, "no headers", FormType, "--B\r\n" + Good)]
    [InlineData("no UTF-8", 400, "not UTF-8", FormType, "--B\r\nContent-Disposition: form-data; name=\"prod\"\r\n\r\n\u00ff\r\n" + Dump)]
    [InlineData("no fields", 400, "malformed_no_annotations", FormType, Dump)]
    [InlineData("no dump", 400, "upload_file_minidump is missing", FormType, Field + "--B--\r\n")]
    [InlineData("dump as text", 400, "upload_file_minidump is missing", FormType, Field + "--B\r\nContent-Disposition: form-data; name=\"upload_file_minidump\"\r\n\r\nMDMP\r\n--B--\r\n")]
    [InlineData("empty dump", 400, "does not begin with MDMP", FormType, Field + "--B\r\nContent-Disposition: form-data; name=\"upload_file_minidump\"; filename=\"x\"\r\n\r\n\r\n--B--\r\n")]
    [InlineData("gzip header, plain body", 415, "Content-Encoding gzip", FormType + "\r\nContent-Encoding: gzip", Good)]
    [InlineData("Expect", 417, "Expect", FormType + "\r\nExpect: 100-continue", Good)]
    [InlineData("field uuid", 401, "unauthorized_uuid", FormType, "--B\r\nContent-Disposition: form-data; name=\"uuid\"\r\n\r\n1\r\n" + Good)]
    [InlineData("empty body", 400, "malformed_no_content_length", FormType, "")]
    public async Task WhatOneServerRefusesIsRefusedAndNamed(string variant, int status, string rule, string contentType, string body)
        => AssertRefused(variant, status, rule, await PostAsync(contentType, body));

    [Fact]
    public async Task LineFeedsAloneAreRefused() => AssertRefused("LF", 400, "not followed by CR LF", await PostAsync(FormType, Good.Replace("\r\n", "\n")));

    [Fact]
    public async Task GzipIsRefusedWithAndWithoutItsHeader()
    {
        using MemoryStream packed = new();
        using (GZipStream gzip = new(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(Encoding.Latin1.GetBytes(Good));
        }

        AssertRefused("gzip", 415, "Content-Encoding gzip", await PostAsync(FormType + "\r\nContent-Encoding: gzip", packed.ToArray()));
        AssertRefused("gzip without header", 400, "does not begin with the boundary", await PostAsync(FormType, packed.ToArray()));
    }

    [Theory]
    [InlineData("GET", 405, "GET", "GET / HTTP/1.1\r\n\r\n")]
    [InlineData("PUT", 405, "PUT", "PUT / HTTP/1.1\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("nonsense", 400, "not an HTTP/1 request", "hello\r\n\r\n")]
    [InlineData("HTTP/2", 400, "not an HTTP/1 request", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")]
    [InlineData("nothing", 400, "not an HTTP/1 request", "\r\n\r\n")]
    [InlineData("chunked", 400, "malformed_no_content_length", "POST / HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=B\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n--B\r\n\r\n0\r\n\r\n")]
    [InlineData("no length", 400, "malformed_no_content_length", "POST / HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=B\r\n\r\n")]
    [InlineData("negative length", 400, "no number: '-1'", "POST / HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=B\r\nContent-Length: -1\r\n\r\n")]
    [InlineData("half a head", 400, "ended within the request's head", "POST / HTTP/1.1\r\nContent-Le")]
    [InlineData("half a body", 400, "shorter than Content-Length", "POST / HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=B\r\nContent-Length: 100\r\n\r\n--B\r\n")]
    [InlineData("26214401 bytes", 413, "at most 26214400", "POST / HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=B\r\nContent-Length: 26214401\r\n\r\n")]
    [InlineData("3 GB", 413, "at most 26214400", "POST / HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=B\r\nContent-Length: 3000000000\r\n\r\n")]
    public async Task AWrongHeadIsRefusedAndNamed(string variant, int status, string rule, string request)
        => AssertRefused(variant, status, rule, await SendAsync(Encoding.Latin1.GetBytes(request)));

    [Fact]
    public async Task AnEndlessHeadIsRefused()
        => AssertRefused("head", 400, $"more than {CollectorLimits.MaxHeadBytes} bytes", await SendAsync(Encoding.Latin1.GetBytes("POST / HTTP/1.1\r\nX: " + new string('x', 100_000))));

    [Fact]
    public async Task TheSenderOfATooLargeBodyReadsWhy()
    {
        using HttpClient client = new();
        using ByteArrayContent content = new(new byte[CollectorLimits.MaxBodyBytes + (8 << 20)]);
        content.Headers.TryAddWithoutValidation("Content-Type", FormType);

        using HttpResponseMessage response = await client.PostAsync(new Uri($"http://{_collector.Endpoint}/"), content, Cancellation);

        AssertRefused("large", 413, "at most", ((int)response.StatusCode, await response.Content.ReadAsStringAsync(Cancellation)));
    }

    [Fact]
    public async Task TheDefaultOfDotNetIsRefusedAndWithNamesQuotedByHandTaken()
    {
        using HttpClient client = new();
        async Task<(int, string)> PostAsync(Action<HttpContent, string, string?> describe, Action<MultipartFormDataContent> finish)
        {
            using MultipartFormDataContent form = new(Boundary);
            StringContent field = new(".NET");
            ByteArrayContent dump = new("MDMP"u8.ToArray());
            describe(field, "prod", null);
            describe(dump, "upload_file_minidump", "x.dmp");
            form.Add(field);
            form.Add(dump);
            finish(form);
            using HttpResponseMessage response = await client.PostAsync(new Uri($"http://{_collector.Endpoint}/"), form, Cancellation);
            return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(Cancellation));
        }

        AssertRefused(".NET", 400, "names quoted", await PostAsync(
            (part, name, file) => part.Headers.ContentDisposition = new ContentDispositionHeaderValue("form-data") { Name = name, FileName = file },
            _ => { }));

        (int status, string answer) = await PostAsync(
            (part, name, file) =>
            {
                part.Headers.ContentType = null;
                part.Headers.ContentDisposition = new ContentDispositionHeaderValue("form-data") { Name = $"\"{name}\"", FileName = file is null ? null : $"\"{file}\"" };
            },
            form => form.Headers.ContentType = MediaTypeHeaderValue.Parse(FormType));
        Assert.Equal((200, $"CrashID={Assert.Single(_reports).Id}\n"), (status, answer));
    }

    [Fact]
    public async Task AClientThatLeavesEndsNothingButItself()
    {
        using (Socket gone = await ConnectAsync())
        {
            await gone.SendAsync("POST / HTTP/1.1\r\nContent-Length: 10\r\nContent-Type: multipart/form-data; boundary=B\r\n\r\n"u8.ToArray(), Cancellation);
            gone.LingerState = new LingerOption(true, 0); // A reset.
        }

        Assert.Equal(200, (await PostAsync(FormType, Good)).Status);
    }

    [Fact]
    public async Task AStoreThatCannotBeWrittenIsTold()
    {
        Directory.Delete(Store, recursive: true);

        AssertRefused("no store", 500, "cannot be stored", await PostAsync(FormType, Good));

        Directory.CreateDirectory(Store);
        Assert.Equal(200, (await PostAsync(FormType, Good)).Status);
    }

    [Fact]
    public void ATakenPortIsOneClearError()
        => Assert.Contains("choose another port", Assert.Throws<IOException>(() => CrashCollector.Start(_collector.Endpoint, null, _ => { }, _ => { })).Message);

    private static async Task<string> ExchangeAsync(Socket socket, byte[] request)
    {
        await using NetworkStream stream = new(socket);
        await stream.WriteAsync(request, Cancellation);
        socket.Shutdown(SocketShutdown.Send);
        using StreamReader reader = new(stream);
        return await reader.ReadToEndAsync(Cancellation).WaitAsync(s_patience, Cancellation);
    }

    private void AssertRefused(string variant, int status, string rule, (int Status, string Text) answer)
    {
        Assert.Equal((variant, status), (variant, answer.Status));
        Assert.Contains(rule, answer.Text);
        Assert.DoesNotContain('\n', answer.Text);
        Assert.Contains(_refusals, refusal => refusal == $"{status} {answer.Text}");
        Assert.Empty(_reports);
        Assert.False(Directory.Exists(Store) && Directory.EnumerateFiles(Store).Any());
    }

    private async Task<Socket> ConnectAsync()
    {
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(_collector.Endpoint, Cancellation);
        return socket;
    }

    private Task<(int Status, string Text)> PostAsync(string contentType, string body) => PostAsync(contentType, Encoding.Latin1.GetBytes(body));

    private Task<(int Status, string Text)> PostAsync(string contentType, byte[] body)
        => SendAsync([.. Encoding.Latin1.GetBytes($"POST / HTTP/1.1\r\nContent-Type: {contentType}\r\nContent-Length: {body.Length}\r\n\r\n"), .. body]);

    /// <summary>Sends all of it, ends, and reads the answer; then another client is still served.</summary>
    private async Task<(int Status, string Text)> SendAsync(byte[] request)
    {
        string answer;
        using (Socket socket = await ConnectAsync())
        {
            answer = await ExchangeAsync(socket, request);
        }

        using (Socket next = await ConnectAsync())
        {
            Assert.StartsWith("HTTP/1.1 405 ", await ExchangeAsync(next, "GET / HTTP/1.0\r\n\r\n"u8.ToArray()));
        }

        string[] parts = answer.Split("\r\n\r\n", 2);
        Assert.Equal(2, parts.Length);
        Assert.Contains($"\r\nContent-Length: {Encoding.UTF8.GetByteCount(parts[1])}\r\n", parts[0] + "\r\n");
        return (int.Parse(parts[0].Split(' ')[1]), parts[1]);
    }
}
