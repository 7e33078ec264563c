using System.Net;
using System.Net.Sockets;
using System.Text;
using CrashHandler.Handler.Collector;
using Xunit;

namespace CrashHandler.Tests.Collector;

/// <summary>Every malformed request that one of the three real servers refuses is refused, and the next good one is taken.</summary>
public sealed class CrashCollectorTests : IAsyncLifetime
{
    private const string Field = "--B\r\nContent-Disposition: form-data; name=\"prod\"\r\n\r\n.NET\r\n";
    private const string Dump = "--B\r\nContent-Disposition: form-data; name=\"upload_file_minidump\"; filename=\"x.dmp\"\r\nContent-Type: application/octet-stream\r\n\r\nMDMPxyz\r\n";
    private const string End = "--B--\r\n";
    private const string Form = "multipart/form-data; boundary=B";

    private readonly string _store = Directory.CreateTempSubdirectory("collector").FullName;
    private CrashCollector _collector = null!;

    public ValueTask InitializeAsync()
    {
        _collector = CrashCollector.Start(new IPEndPoint(IPAddress.Loopback, 0), _store, _ => { }, _ => { });
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _collector.DisposeAsync();
        Directory.Delete(_store, recursive: true);
    }

    [Fact]
    public async Task AGoodRequestIsStoredByteForByte()
    {
        string answer = await PostAsync(Form, Field + Dump + End);

        Assert.StartsWith("HTTP/1.1 200 ", answer, StringComparison.Ordinal);
        string id = answer[(answer.IndexOf("CrashID=", StringComparison.Ordinal) + 8)..].Trim();
        Assert.Equal(Field + Dump + End, File.ReadAllText(Path.Combine(_store, $"{id}.body")));
        Assert.Equal("MDMPxyz", File.ReadAllText(Path.Combine(_store, $"{id}.dmp")));
        Assert.StartsWith("POST /submit HTTP/1.1\r\n", File.ReadAllText(Path.Combine(_store, $"{id}.head")), StringComparison.Ordinal);
        Assert.Contains("\".NET\"", File.ReadAllText(Path.Combine(_store, $"{id}.json")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("charset before boundary", "multipart/form-data; charset=utf-8; boundary=B", Field + Dump + End, 400)]
    [InlineData("no boundary", "multipart/form-data", Field + Dump + End, 400)]
    [InlineData("another type", "text/plain", Field + Dump + End, 400)]
    [InlineData("unquoted name", Form, "--B\r\nContent-Disposition: form-data; name=prod\r\n\r\n.NET\r\n" + Dump + End, 400)]
    [InlineData("Content-Type before Content-Disposition", Form, "--B\r\nContent-Type: text/plain\r\nContent-Disposition: form-data; name=\"prod\"\r\n\r\n.NET\r\n" + Dump + End, 400)]
    [InlineData("no closing boundary", Form, Field + Dump, 400)]
    [InlineData("no final CR LF", Form, Field + Dump + "--B--", 400)]
    [InlineData("garbage", Form, "garbage", 400)]
    [InlineData("empty", Form, "", 400)]
    [InlineData("no fields", Form, Dump + End, 400)]
    [InlineData("no dump", Form, Field + End, 400)]
    [InlineData("empty dump", Form, Field + "--B\r\nContent-Disposition: form-data; name=\"upload_file_minidump\"; filename=\"x.dmp\"\r\n\r\n\r\n" + End, 400)]
    [InlineData("a field called uuid", Form, Field + "--B\r\nContent-Disposition: form-data; name=\"uuid\"\r\n\r\n1\r\n" + Dump + End, 401)]
    public async Task ABadFormIsRefused(string what, string contentType, string body, int status)
    {
        string answer = await PostAsync(contentType, body);

        Assert.True(answer.StartsWith($"HTTP/1.1 {status} ", StringComparison.Ordinal), $"{what}: {answer}");
        await StillServesAsync();
    }

    [Fact]
    public async Task LineFeedsAloneAreRefused()
    {
        Assert.StartsWith("HTTP/1.1 400 ", await PostAsync(Form, (Field + Dump + End).Replace("\r\n", "\n", StringComparison.Ordinal)), StringComparison.Ordinal);
        await StillServesAsync();
    }

    [Theory]
    [InlineData("Transfer-Encoding: chunked", 400)]
    [InlineData("Content-Encoding: gzip\r\nContent-Length: 3", 415)]
    [InlineData("Expect: 100-continue\r\nContent-Length: 3", 417)]
    [InlineData("Content-Length: 26214401", 413)]
    [InlineData("Content-Length: x", 400)]
    [InlineData("X: y", 400)]
    public async Task ABadHeadIsRefused(string headers, int status)
    {
        string answer = await SendAsync($"POST /submit HTTP/1.1\r\nContent-Type: {Form}\r\n{headers}\r\n\r\nabc");

        Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
        await StillServesAsync();
    }

    [Fact]
    public async Task OnlyPostIsTaken() => Assert.StartsWith("HTTP/1.1 405 ", await SendAsync("GET / HTTP/1.1\r\n\r\n"), StringComparison.Ordinal);

    [Theory]
    [InlineData("POST /submit HTTP/1.1\r\nContent-Le")]
    [InlineData("POST /submit HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=B\r\nContent-Length: 100\r\n\r\n--B")]
    public async Task HalfARequestEndsNothingElse(string half)
    {
        await SendAsync(half);
        await StillServesAsync();
    }

    [Fact]
    public async Task DotNetsOwnFormIsRefused()
    {
        using MultipartFormDataContent form = new()
        {
            { new StringContent(".NET"), "prod" },
            { new ByteArrayContent("MDMP"u8.ToArray()), "upload_file_minidump", "x.dmp" },
        };
        using HttpClient client = new();

        using HttpResponseMessage answer = await client.PostAsync(new Uri($"http://{_collector.Endpoint}/submit"), form, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    private async Task StillServesAsync() => Assert.StartsWith("HTTP/1.1 200 ", await PostAsync(Form, Field + Dump + End), StringComparison.Ordinal);

    private Task<string> PostAsync(string contentType, string body)
        => SendAsync($"POST /submit HTTP/1.1\r\nContent-Type: {contentType}\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}");

    private async Task<string> SendAsync(string request)
    {
        using TcpClient client = new();
        await client.ConnectAsync(_collector.Endpoint, TestContext.Current.CancellationToken);
        await using NetworkStream stream = client.GetStream();
        await stream.WriteAsync(Encoding.UTF8.GetBytes(request), TestContext.Current.CancellationToken);
        client.Client.Shutdown(SocketShutdown.Send);
        using StreamReader reader = new(stream, Encoding.UTF8);
        return await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
    }
}
