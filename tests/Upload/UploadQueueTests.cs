using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using CrashHandler.Handler.Collector;
using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Reports;
using CrashHandler.Handler.Upload;
using CrashHandler.Tests.Tools;
using Serilog;
using Xunit;

namespace CrashHandler.Tests.Upload;

/// <summary>The real queue on a real database against real sockets.</summary>
public sealed class UploadQueueTests : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);
    private static readonly DateTimeOffset s_then = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly string _directory = Directory.CreateTempSubdirectory("queue").FullName;
    private readonly ReportDatabase _database;
    private readonly CancellationTokenSource _stopping = new();
    private UploadQueue? _queue;

    public UploadQueueTests() => _database = ReportDatabase.Create(Path.Combine(_directory, "db"));

    public void Dispose()
    {
        _stopping.Cancel();
        Assert.True(_queue?.Finished.Wait(s_limit) ?? true);
        _stopping.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task ReportsArriveAtTheCollectorNewestFirst()
    {
        BlockingCollection<CollectedReport> arrived = [];
        await using CrashCollector collector = CrashCollector.Start(new IPEndPoint(IPAddress.Loopback, 0), null, arrived.Add, refusal => Assert.Fail(refusal));
        ReportRecord older = SampleReport.File(_database, s_then);
        ReportRecord newer = SampleReport.File(_database, s_then.AddHours(1));
        Start($"http://{collector.Endpoint}/submit");

        CollectedReport[] both = [Take(arrived), Take(arrived)];

        Assert.Equal([newer.Id, older.Id], both.Select(report => report.Fields["crash_report_id"]));
        Assert.Equal("värde", both[0].Fields["ключ"]);
        Assert.Equal($"{newer.Id}.dmp", both[0].DumpName);
        // Stored first, then moved: between the two it is uploaded already.
        ReportRecord uploaded = Until(() => _database.Find(older.Id) is { State: ReportState.Uploaded } found && _database.DumpPath(found).Contains("completed", StringComparison.Ordinal) ? found : null);
        Assert.Equal(both[1].Id, uploaded.ServerId);
        Assert.EndsWith(Path.Combine("completed", $"{older.Id}.dmp"), _database.DumpPath(uploaded), StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheReportsOwnUrlComesBeforeTheHandlers()
    {
        BlockingCollection<CollectedReport> arrived = [];
        await using CrashCollector collector = CrashCollector.Start(new IPEndPoint(IPAddress.Loopback, 0), null, arrived.Add, refusal => Assert.Fail(refusal));
        ReportRecord report = SampleReport.File(_database, s_then, url: $"http://{collector.Endpoint}/own");
        Start("http://127.0.0.1:9/nobody");

        Assert.Equal(report.Id, Take(arrived).Fields["crash_report_id"]);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 23\r\n\r\nDiscarded=rule_whatever", nameof(ReportState.Discarded), 1)]
    [InlineData("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n", nameof(ReportState.Failed), 1)]
    [InlineData("HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n", nameof(ReportState.Failed), 1)]
    [InlineData("HTTP/1.1 503 Busy\r\nRetry-After: 3600\r\nContent-Length: 0\r\n\r\n", nameof(ReportState.Pending), 1)]
    [InlineData("", nameof(ReportState.Pending), 0)]
    public async Task EveryAnswerEndsInItsState(string answer, string state, int attempts)
    {
        using TcpListener server = new(IPAddress.Loopback, 0);
        server.Start();
        ReportRecord report = SampleReport.File(_database, s_then);
        Start($"http://{server.LocalEndpoint}/x");
        using (Socket client = await server.AcceptSocketAsync(TestContext.Current.CancellationToken))
        {
            string head = await ReadRequestAsync(client);
            Assert.StartsWith("POST /x HTTP/1.1\r\n", head, StringComparison.Ordinal);
            Assert.Contains("Content-Length: ", head, StringComparison.Ordinal);
            Assert.DoesNotContain("Transfer-Encoding", head, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("Expect", head, StringComparison.OrdinalIgnoreCase);
            await client.SendAsync(Encoding.ASCII.GetBytes(answer), TestContext.Current.CancellationToken);
        }

        ReportRecord after = Until(() => _database.Find(report.Id) is { LastAttempt: not null } tried ? tried : null);

        Assert.Equal((state, attempts), (after.State.ToString(), after.Attempts));
        Assert.Equal(state == nameof(ReportState.Pending), after.NextAttempt is not null);
        Assert.NotNull(after.LastError);
    }

    [Fact]
    public async Task NothingIsSentWhileUploadsAreOffAndAllIsWhenTheyAreOn()
    {
        BlockingCollection<CollectedReport> arrived = [];
        await using CrashCollector collector = CrashCollector.Start(new IPEndPoint(IPAddress.Loopback, 0), null, arrived.Add, refusal => Assert.Fail(refusal));
        ReportRecord pending = SampleReport.File(_database, s_then);
        _database.Settings.SetUploads(false);
        ReportRecord skipped = SampleReport.File(_database, s_then.AddHours(1));
        Start($"http://{collector.Endpoint}/submit");
        Assert.Equal(ReportState.Skipped, skipped.State);

        _database.Settings.SetUploads(true);
        _queue!.Wake();

        // Had the skipped one been sent, it would have come first: it is the newer.
        Assert.Equal(pending.Id, Take(arrived).Fields["crash_report_id"]);
        Assert.Equal(ReportState.Skipped, _database.Find(skipped.Id)!.State);
    }

    [Fact]
    public void OnlyOneUploaderAtATime()
    {
        using FileDescriptor? first = _database.TryLockUploads();
        using FileDescriptor? second = ReportDatabase.OpenExisting(_database.Path).TryLockUploads();

        Assert.NotNull(first);
        Assert.Null(second);
    }

    private static CollectedReport Take(BlockingCollection<CollectedReport> arrived)
        => arrived.TryTake(out CollectedReport? report, s_limit) ? report : throw new TimeoutException("no report arrived");

    private static T Until<T>(Func<T?> look)
        where T : class
    {
        T? found = null;
        Assert.True(SpinWait.SpinUntil(() => (found = look()) is not null, s_limit));
        return found!;
    }

    private static async Task<string> ReadRequestAsync(Socket client)
    {
        byte[] buffer = new byte[65_536];
        int length = 0;
        while (true)
        {
            length += await client.ReceiveAsync(buffer.AsMemory(length), TestContext.Current.CancellationToken);
            string text = Encoding.Latin1.GetString(buffer, 0, length);
            if (text.EndsWith("--\r\n", StringComparison.Ordinal))
            {
                return text[..text.IndexOf("\r\n\r\n", StringComparison.Ordinal)];
            }
        }
    }

    private void Start(string url)
    {
        _queue = new UploadQueue(_database, new Uri(url), TimeProvider.System, new Lazy<ILogger>(Log.Logger));
        _queue.Start(_stopping.Token);
    }
}
