using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using CrashHandler.Tests.EndToEnd;
using Xunit;

namespace CrashHandler.Tests.Attach;

/// <summary>A web server under load is attached: nobody who uses it may notice.</summary>
public sealed class WebServerTests(ITestOutputHelper output)
{
    private const int InFlight = 200;
    private const int RequestsBefore = 2_000;
    private const int RequestsAfter = 4_000;
    private const int AbortStatus = 134;

    [Fact]
    public async Task NoRequestFailsWhileItIsAttached()
    {
        using Sandbox sandbox = new(Environment.IsPrivilegedProcess ? Identities.Root : Identities.User);
        RunningProcess server = sandbox.Start(TestPrograms.Shared.WebVictim, "--urls", "http://127.0.0.1:0");
        using HttpClient client = new(new SocketsHttpHandler()) { BaseAddress = new Uri(server.ReadLine()), Timeout = EndToEndLimits.Deadline };
        Load load = new(client);
        Task[] users = [.. Enumerable.Range(0, InFlight).Select(_ => load.Run())];

        await load.Answered(RequestsBefore);
        int attachedAt = load.Count;
        Stopwatch watch = Stopwatch.StartNew();
        ProcessResult attached = await Task.Run(() => sandbox.Handler("attach", server.Pid.ToString(CultureInfo.InvariantCulture), "--database", sandbox.Database));
        TimeSpan took = watch.Elapsed;
        await load.Answered(load.Count + RequestsAfter);
        load.Stop();
        await Task.WhenAll(users);

        output.WriteLine($"{load.Count} requests, {InFlight} in flight: {load.Failures.Count} failed; attached after {attachedAt} in {took.TotalMilliseconds:0} ms; "
            + $"slowest before {load.SlowestBefore(attachedAt).TotalMilliseconds:0} ms, from then on {load.SlowestFrom(attachedAt).TotalMilliseconds:0} ms");
        Assert.Equal((0, ""), (attached.ExitCode, attached.Error));
        Assert.Empty(load.Failures);
        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync("/crash", TestContext.Current.CancellationToken));
        Assert.Equal(AbortStatus, server.Finish().ExitCode);
        JsonElement report = sandbox.SingleReport();
        Assert.Equal("SIGSEGV /SEGV_MAPERR", report.GetProperty("reason").GetString());
        string shown = sandbox.Handler("reports", "show", report.GetProperty("id").GetString()!, "--database", sandbox.Database).Output;
        Assert.Contains("webvictim --urls http://127.0.0.1:0", shown, StringComparison.Ordinal);
    }

    /// <summary>Users who ask again as soon as they were answered.</summary>
    private sealed class Load(HttpClient client)
    {
        private readonly ConcurrentQueue<TimeSpan> _times = new();
        private volatile bool _isStopped;

        public ConcurrentQueue<string> Failures { get; } = new();

        public int Count => _times.Count;

        public TimeSpan SlowestBefore(int count) => _times.Take(count).Max();

        public TimeSpan SlowestFrom(int count) => _times.Skip(count).Max();

        public void Stop() => _isStopped = true;

        public async Task Run()
        {
            while (!_isStopped)
            {
                long start = Stopwatch.GetTimestamp();
                try
                {
                    string answer = await client.GetStringAsync("/", TestContext.Current.CancellationToken);
                    if (answer != "fine")
                    {
                        Failures.Enqueue($"answered '{answer}'");
                    }
                }
                catch (HttpRequestException failed)
                {
                    Failures.Enqueue(failed.ToString());
                }

                _times.Enqueue(Stopwatch.GetElapsedTime(start));
            }
        }

        /// <summary>Waits until so many were answered.</summary>
        public async Task Answered(int count)
        {
            Stopwatch watch = Stopwatch.StartNew();
            while (Count < count)
            {
                if (watch.Elapsed > EndToEndLimits.Deadline)
                {
                    throw new TimeoutException($"{Count} of {count} requests were answered within {EndToEndLimits.Deadline}");
                }

                await Task.Delay(EndToEndLimits.Poll, TestContext.Current.CancellationToken);
            }
        }
    }
}
