using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace CrashHandler.Handler.Collector;

/// <summary>
/// A crash server on this machine, for the demo, the tests and trials: takes what Socorro's collector, mini-breakpad-server and
/// simple-breakpad-server would all take, and refuses the rest naming the rule. HTTP by hand, because what must be checked is the bytes.
/// </summary>
internal sealed class CrashCollector : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly string? _store;
    private readonly Action<CollectedReport> _onReport;
    private readonly Action<string> _onRefusal;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _accepting;

    private CrashCollector(TcpListener listener, string? store, Action<CollectedReport> onReport, Action<string> onRefusal)
    {
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
    /// <exception cref="IOException">The address is taken, or the directory cannot be made.</exception>
    public static CrashCollector Start(IPEndPoint endpoint, string? store, Action<CollectedReport> onReport, Action<string> onRefusal)
    {
        if (store is not null)
        {
            // Dumps hold secrets, and umask takes away only more.
            Directory.CreateDirectory(store, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
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

        return new CrashCollector(listener, store, onReport, onRefusal);
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
            (int status, string text) = await AnswerAsync(stream, limit.Token).ConfigureAwait(false);
            byte[] body = Encoding.UTF8.GetBytes(text);
            string head = $"HTTP/1.1 {status} {(HttpStatusCode)status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n";
            await stream.WriteAsync((byte[])[.. Encoding.ASCII.GetBytes(head), .. body], limit.Token).ConfigureAwait(false);
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

    private async Task<(int Status, string Text)> AnswerAsync(NetworkStream stream, CancellationToken cancellation)
    {
        try
        {
            (byte[] head, byte[] beginning) = await ReadHeadAsync(stream, cancellation).ConfigureAwait(false);
            RequestHead request = RequestHead.Parse(head);
            byte[] body = new byte[request.ContentLength];
            int begun = Math.Min(beginning.Length, body.Length);
            beginning.AsSpan(0, begun).CopyTo(body);
            if (await stream.ReadAtLeastAsync(body.AsMemory(begun), body.Length - begun, throwOnEndOfStream: false, cancellation).ConfigureAwait(false) < body.Length - begun)
            {
                throw new RefusedRequestException(400, "the body is shorter than Content-Length");
            }

            FormBody form = FormBody.Parse(body, request.Boundary);
            CollectedReport report = new($"bp-{Guid.NewGuid()}", head, body, form.Fields, form.DumpName, form.Dump);
            await StoreAsync(report, cancellation).ConfigureAwait(false);
            _onReport(report);
            return (200, $"CrashID={report.Id}\n");
        }
        catch (RefusedRequestException refused)
        {
            _onRefusal($"{refused.Status} {refused.Message}");
            return (refused.Status, refused.Message);
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
        using (Utf8JsonWriter writer = new(json, new JsonWriterOptions { Indented = true }))
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
            writer.WriteEndObject();
        }

        return json.ToArray();
    }

    private string PathOf(CollectedReport report, string extension) => Path.Combine(_store!, $"{report.Id}.{extension}");
}
