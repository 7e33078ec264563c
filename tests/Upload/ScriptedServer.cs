using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.RegularExpressions;
using System.Threading.Channels;

namespace CrashHandler.Tests.Upload;

/// <summary>
/// A server that reads whole requests and answers them with what it was told, byte for byte, one connection each. A request more than it has answers for is seen
/// at its disposal, which then fails the test.
/// </summary>
internal sealed partial class ScriptedServer : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Lock _gate = new();
    private readonly Queue<Func<Stream, CancellationToken, Task>> _answers;
    private readonly Func<Stream, CancellationToken, Task>? _always;
    private readonly long _began = Stopwatch.GetTimestamp();
    private readonly List<string> _seen = [];
    private readonly Channel<string> _requests = Channel.CreateUnbounded<string>();
    private readonly X509Certificate2? _certificate;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _serving;

    public ScriptedServer(params Func<Stream, CancellationToken, Task>[] answers)
        : this(null, null, answers)
    {
    }

    /// <param name="certificate">Its own over TLS; null: plain.</param>
    /// <param name="answers">What it answers, in order.</param>
    public ScriptedServer(X509Certificate2? certificate, params Func<Stream, CancellationToken, Task>[] answers)
        : this(certificate, null, answers)
    {
    }

    private ScriptedServer(X509Certificate2? certificate, Func<Stream, CancellationToken, Task>? always, Func<Stream, CancellationToken, Task>[] answers)
    {
        _certificate = certificate;
        _always = always;
        _answers = new Queue<Func<Stream, CancellationToken, Task>>(answers);
        _listener.Start();
        _serving = Task.Run(ServeAsync);
    }

    public Uri Url => new($"{(_certificate is null ? "http" : "https")}://{_listener.LocalEndpoint}/post");

    /// <summary>Requests that nobody has asked for yet.</summary>
    public int Unread => _requests.Reader.Count;

    /// <summary>One that answers nobody, however many come, and however often: for tests of something else than what is sent.</summary>
    public static ScriptedServer Silent() => new(null, Silence, []);

    /// <summary>Says nothing, and holds the line.</summary>
    public static Task Silence(Stream stream, CancellationToken cancellation) => Task.Delay(Timeout.InfiniteTimeSpan, cancellation);

    /// <summary>Answers with a status, headers and a body.</summary>
    public static Func<Stream, CancellationToken, Task> Answer(int status, string body = "", params string[] headers)
        => Raw($"HTTP/1.1 {status} X\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\nConnection: close\r\n{string.Concat(headers.Select(header => header + "\r\n"))}\r\n{body}");

    /// <summary>Answers with these bytes and closes.</summary>
    public static Func<Stream, CancellationToken, Task> Raw(string answer) => (stream, cancellation) => stream.WriteAsync(Encoding.UTF8.GetBytes(answer), cancellation).AsTask();

    /// <summary>Closes without a word.</summary>
    public static Task Drop(Stream stream, CancellationToken cancellation) => Task.CompletedTask;

    /// <summary>Says 200 and never stops talking.</summary>
    public static async Task Endless(Stream stream, CancellationToken cancellation)
    {
        await stream.WriteAsync("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nid\n"u8.ToArray(), cancellation);
        byte[] more = new byte[65_536];
        Array.Fill(more, (byte)'x');
        while (true)
        {
            await stream.WriteAsync(more, cancellation);
        }
    }

    /// <summary>The next request, head and body as Latin-1.</summary>
    public Task<string> NextAsync(CancellationToken cancellation) => _requests.Reader.ReadAsync(cancellation).AsTask().WaitAsync(s_patience, cancellation);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Dispose();
        await _serving;
        _stopping.Dispose();
    }

    private async Task ServeAsync()
    {
        List<Task> connections = [];
        try
        {
            while (true)
            {
                TcpClient client = await _listener.AcceptTcpClientAsync(_stopping.Token);
                connections.Add(ServeAsync(client));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                await using Stream stream = await OpenAsync(client);
                string request = await ReadAsync(stream);
                Func<Stream, CancellationToken, Task> answer = NextAnswer(request);
                await _requests.Writer.WriteAsync(request);
                await answer(stream, _stopping.Token);
            }
            catch (Exception gone) when (gone is IOException or OperationCanceledException or AuthenticationException)
            {
                // The client closed, as it may, or the test is over.
            }
        }
    }

    private Func<Stream, CancellationToken, Task> NextAnswer(string request)
    {
        lock (_gate)
        {
            _seen.Add($"{request.Split('\r')[0]} of report {ReportId().Match(request).Groups[1]} after {Stopwatch.GetElapsedTime(_began).TotalSeconds:0.0} s");
            return _answers.TryDequeue(out Func<Stream, CancellationToken, Task>? answer) ? answer : _always ?? throw new InvalidOperationException(
                $"a request came for which there is no answer (and this hides what else failed in the test). All requests, the last one unexpected: {string.Join("; ", _seen)}");
        }
    }

    private async Task<Stream> OpenAsync(TcpClient client)
    {
        if (_certificate is null)
        {
            return client.GetStream();
        }

        SslStream stream = new(client.GetStream());
        await stream.AuthenticateAsServerAsync(_certificate);
        return stream;
    }

    private async Task<string> ReadAsync(Stream stream)
    {
        StringBuilder request = new();
        byte[] buffer = new byte[65_536];
        while (true)
        {
            int count = await stream.ReadAsync(buffer, _stopping.Token);
            request.Append(Encoding.Latin1.GetString(buffer, 0, count));
            string text = request.ToString();
            int head = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (head >= 0 && text.Length - head - 4 >= int.Parse(text.Split("Content-Length: ")[1].Split('\r')[0]))
            {
                return text;
            }

            if (count == 0)
            {
                throw new IOException("the client left");
            }
        }
    }

    [GeneratedRegex("name=\"crash_report_id\"\r\n\r\n([^\r]*)")]
    private static partial Regex ReportId();
}
