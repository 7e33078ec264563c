using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Collector;

/// <summary>
/// A crash server on this machine, for the demo, the tests and trials: takes what Socorro's collector, mini-breakpad-server and
/// simple-breakpad-server would all take, and refuses the rest naming the rule. HTTP by hand, because what must be checked is the bytes.
/// </summary>
internal sealed class CrashCollector : IAsyncDisposable
{
    private const string AttachmentExtension = "attachment-";

    private readonly TcpListener _listener;
    private readonly string? _store;
    private readonly Action<CollectedReport> _onReport;
    private readonly Action<string> _onRefusal;
    private readonly IReadOnlyList<PlayedAnswer> _answers;
    private readonly bool _takesGzip;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _accepting;

    private uint _played;

    private CrashCollector(TcpListener listener, string? store, Action<CollectedReport> onReport, Action<string> onRefusal, IReadOnlyList<PlayedAnswer> answers, bool takesGzip)
    {
        _answers = answers;
        _takesGzip = takesGzip;
        _listener = listener;
        _store = store;
        _onReport = onReport;
        _onRefusal = onRefusal;
        Endpoint = (IPEndPoint)listener.LocalEndpoint;
        _accepting = Task.Run(AcceptAsync);
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint Endpoint { get; }

    /// <summary>Starts it.</summary>
    /// <param name="endpoint">A loopback address; port 0 takes a free one.</param>
    /// <param name="store">Directory for what arrives (ID.head, ID.body, ID.json, ID.dmp), made where it is missing; null: nothing is kept.</param>
    /// <param name="onReport">Told of each accepted report after it was stored and before it is answered. From any thread.</param>
    /// <param name="onRefusal">Told of each refused request. From any thread.</param>
    /// <param name="answers">What right requests are answered, in order and then again from the first; null: each is accepted.</param>
    /// <param name="takesGzip">Whether compressed requests are taken.</param>
    /// <exception cref="IOException">The address is taken, or the directory cannot be made.</exception>
    public static CrashCollector Start(IPEndPoint endpoint, string? store, Action<CollectedReport> onReport, Action<string> onRefusal,
        IReadOnlyList<PlayedAnswer>? answers = null, bool takesGzip = false)
    {
        if (store is not null)
        {
            // Dumps hold secrets.
            PosixFiles.CreatePrivateDirectories(store);
        }

        TcpListener listener = new(endpoint);
        try
        {
            listener.Start();
        }
        catch (SocketException taken)
        {
            listener.Dispose();
            throw new IOException($"cannot listen on {endpoint}: {taken.Message}; choose another port, 0 takes a free one", taken);
        }

        return new CrashCollector(listener, store, onReport, onRefusal, answers ?? PlayedAnswer.Parse("accept"), takesGzip);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _accepting.ConfigureAwait(false);
        _listener.Dispose();
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        List<Task> connections = [];
        try
        {
            while (true)
            {
                Socket client = await _listener.AcceptSocketAsync(_stopping.Token).ConfigureAwait(false);
                connections.RemoveAll(connection => connection.IsCompleted);
                connections.Add(ServeAsync(client));
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // Disposed of.
        }

        await Task.WhenAll(connections).ConfigureAwait(false);
    }

    private async Task ServeAsync(Socket client)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        limit.CancelAfter(CollectorLimits.Request);
        await using NetworkStream stream = new(client, ownsSocket: true);
        try
        {
            await AnswerAsync(stream, limit.Token).ConfigureAwait(false);
            client.Shutdown(SocketShutdown.Send);
            // Closing while the client still sends would reset the connection under the answer.
            await DrainAsync(stream, limit.Token).ConfigureAwait(false);
        }
        catch (Exception gone) when (gone is IOException or SocketException or OperationCanceledException)
        {
            if (!_stopping.IsCancellationRequested)
            {
                _onRefusal($"connection ended: {gone.Message}");
            }
        }
    }

    private async Task AnswerAsync(NetworkStream stream, CancellationToken cancellation)
    {
        try
        {
            (byte[] head, byte[] body, RequestHead request) = await ReadAsync(stream, cancellation).ConfigureAwait(false);
            FormBody form = FormBody.Parse(request.IsCompressed ? Decompressed(body) : body, request.Boundary);
            PlayedAnswer answer = _answers[(int)((Interlocked.Increment(ref _played) - 1) % (uint)_answers.Count)];
            string? id = answer.MakeId?.Invoke();
            if (id is not null)
            {
                CollectedReport report = new(id, head, body, form.Fields, form.DumpName, form.Dump, form.Attachments);
                await StoreAsync(report, cancellation).ConfigureAwait(false);
                _onReport(report);
            }
            else
            {
                _onRefusal($"played {answer.Name}");
            }

            await PlayAsync(stream, answer, id ?? "", cancellation).ConfigureAwait(false);
        }
        catch (RefusedRequestException refused)
        {
            _onRefusal($"{refused.Status} {refused.Message}");
            await WriteAsync(stream, refused.Status, "text/plain; charset=utf-8", null, refused.Message, more: 0, cancellation).ConfigureAwait(false);
        }
    }

    private static async Task PlayAsync(NetworkStream stream, PlayedAnswer answer, string id, CancellationToken cancellation)
    {
        await Task.Delay(answer.Delay, cancellation).ConfigureAwait(false);
        if (answer.End == AnswerEnd.Drop)
        {
            return;
        }

        int more = answer.End switch { AnswerEnd.Endless => int.MaxValue, AnswerEnd.Cut => CollectorLimits.CutBytes, _ => 0 };
        await WriteAsync(stream, answer.Status, answer.ContentType, answer.Header?.Invoke(DateTimeOffset.UtcNow), answer.Body(id), more, cancellation).ConfigureAwait(false);
        byte[] filler = new byte[CollectorLimits.DrainBytes];
        while (answer.End == AnswerEnd.Endless)
        {
            await stream.WriteAsync(filler, cancellation).ConfigureAwait(false);
        }
    }

    private static async Task WriteAsync(
        NetworkStream stream, int status, string contentType, string? header, string text, int more, CancellationToken cancellation)
    {
        byte[] body = Encoding.UTF8.GetBytes(text);
        string head = $"HTTP/1.1 {status} {(HttpStatusCode)status}\r\nContent-Type: {contentType}\r\nContent-Length: {(long)body.Length + more}\r\n"
            + $"{(header is null ? "" : header + "\r\n")}Connection: close\r\n\r\n";
        await stream.WriteAsync((byte[])[.. Encoding.ASCII.GetBytes(head), .. body], cancellation).ConfigureAwait(false);
    }

    private async Task<(byte[] Head, byte[] Body, RequestHead Request)> ReadAsync(NetworkStream stream, CancellationToken cancellation)
    {
        (byte[] head, byte[] beginning) = await ReadHeadAsync(stream, cancellation).ConfigureAwait(false);
        RequestHead request = RequestHead.Parse(head, _takesGzip);
        byte[] body = new byte[request.ContentLength];
        int begun = Math.Min(beginning.Length, body.Length);
        beginning.AsSpan(0, begun).CopyTo(body);
        return await stream.ReadAtLeastAsync(body.AsMemory(begun), body.Length - begun, throwOnEndOfStream: false, cancellation).ConfigureAwait(false) == body.Length - begun
            ? (head, body, request)
            : throw new RefusedRequestException(400, "the body is shorter than Content-Length");
    }

    internal static byte[] Decompressed(byte[] body)
    {
        try
        {
            using MemoryStream plain = new();
            using GZipStream gzip = new(new MemoryStream(body), CompressionMode.Decompress);
            byte[] piece = new byte[CollectorLimits.DrainBytes];
            int count;
            while ((count = gzip.Read(piece)) > 0)
            {
                plain.Write(piece, 0, count);
                if (plain.Length > CollectorLimits.MaxBodyBytes)
                {
                    throw new RefusedRequestException(413, $"a body of more than {CollectorLimits.MaxBodyBytes} bytes when it is decompressed");
                }
            }

            return plain.ToArray();
        }
        catch (InvalidDataException broken)
        {
            throw new RefusedRequestException(400, $"Discarded=malformed_bad_gzip ({broken.Message})");
        }
    }

    private static async Task<(byte[] Head, byte[] Beginning)> ReadHeadAsync(NetworkStream stream, CancellationToken cancellation)
    {
        byte[] buffer = new byte[CollectorLimits.MaxHeadBytes];
        int length = 0;
        while (true)
        {
            int count = await stream.ReadAsync(buffer.AsMemory(length), cancellation).ConfigureAwait(false);
            length += count;
            int end = buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8);
            if (end >= 0)
            {
                return (buffer[..(end + 4)], buffer[(end + 4)..length]);
            }

            if (count == 0 || length == buffer.Length)
            {
                throw new RefusedRequestException(400, count == 0 ? "the connection ended within the request's head" : $"a request head of more than {CollectorLimits.MaxHeadBytes} bytes");
            }
        }
    }

    private static async Task DrainAsync(NetworkStream stream, CancellationToken cancellation)
    {
        byte[] buffer = new byte[CollectorLimits.DrainBytes];
        while (await stream.ReadAsync(buffer, cancellation).ConfigureAwait(false) > 0)
        {
            // Thrown away; the limit of the whole request is the limit of this, too.
        }
    }

    private async Task StoreAsync(CollectedReport report, CancellationToken cancellation)
    {
        if (_store is null)
        {
            return;
        }

        try
        {
            await File.WriteAllBytesAsync(PathOf(report, "head"), report.Head, cancellation).ConfigureAwait(false);
            await File.WriteAllBytesAsync(PathOf(report, "body"), report.Body, cancellation).ConfigureAwait(false);
            await File.WriteAllBytesAsync(PathOf(report, "dmp"), report.Dump, cancellation).ConfigureAwait(false);
            foreach ((string name, ReadOnlyMemory<byte> content) in report.Attachments)
            {
                await File.WriteAllBytesAsync(PathOf(report, AttachmentExtension + Path.GetFileName(name)), content, cancellation).ConfigureAwait(false);
            }

            // The record last: who sees it finds the rest.
            string temporary = PathOf(report, "json.tmp");
            await File.WriteAllBytesAsync(temporary, Describe(report), cancellation).ConfigureAwait(false);
            File.Move(temporary, PathOf(report, "json"));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new RefusedRequestException(500, $"the report cannot be stored: {failure.Message}");
        }
    }

    private static byte[] Describe(CollectedReport report)
    {
        using MemoryStream json = new();
        using (Utf8JsonWriter writer = new(json, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            writer.WriteStartObject();
            writer.WriteString("id", report.Id);
            writer.WriteString("dumpName", report.DumpName);
            writer.WriteNumber("dumpBytes", report.Dump.Length);
            writer.WriteStartObject("fields");
            foreach ((string key, string value) in report.Fields)
            {
                writer.WriteString(key, value);
            }

            writer.WriteEndObject();
            writer.WriteStartArray("attachments");
            foreach (string name in report.Attachments.Keys)
            {
                writer.WriteStringValue(name);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return json.ToArray();
    }

    private string PathOf(CollectedReport report, string extension) => Path.Combine(_store!, $"{report.Id}.{extension}");
}
