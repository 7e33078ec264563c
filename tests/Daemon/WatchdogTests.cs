using CrashHandler.Handler.Daemon;
using CrashHandler.Handler.Posix;
using CrashHandler.Protocol;
using CrashHandler.Tests.Tools;
using Serilog;
using Xunit;

namespace CrashHandler.Tests.Daemon;

/// <summary>A capture that makes no progress holds its victim: the handler ends itself, and only then.</summary>
public sealed class WatchdogTests : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(20);

    private readonly string _directory = Directory.CreateTempSubdirectory("watchdog").FullName;
    private readonly ManualTimeProvider _time = new();
    private readonly EventLoop _loop;
    private readonly SeqPacketSocket _listener;
    private readonly Sessions _sessions;
    private readonly Thread _thread;
    private readonly ManualResetEventSlim _isRecording = new();
    private readonly ManualResetEventSlim _mayEnd = new();
    private readonly ManualResetEventSlim _ended = new();
    private CaptureJob? _job;

    public WatchdogTests()
    {
        // 0 would be no time at all.
        _time.Advance(TimeSpan.FromSeconds(1));
        _loop = new EventLoop(_time);
        _listener = SeqPacketSocket.Listen(Path.Combine(_directory, "s"), 16);
        Welcome welcome = new(Environment.ProcessId, Guid.Empty, "/db", null, "0.1.0");
        _sessions = new Sessions(_loop, _listener, new Control(_ended), () => welcome, PosixFiles.UserId(), _time, () => Log.Logger)
        {
            Capture = job =>
            {
                _job = job;
                _isRecording.Set();
                _mayEnd.Wait(s_limit);
                return new WrittenReport(job, 0, takesLong: false, () => ReleaseOutcome.NotReported);
            },
            BusyChanged = _ => { },
        };
        _sessions.Open();
        _thread = new Thread(_loop.Run);
        _thread.Start();
    }

    public void Dispose()
    {
        _mayEnd.Set();
        _loop.Post(_loop.Stop);
        Assert.True(_thread.Join(s_limit));
        _sessions.Dispose();
        _listener.Dispose();
        _loop.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public void AStuckCaptureEndsTheHandler()
    {
        using SeqPacketSocket client = GiveNotice();

        _time.Advance(DaemonLimits.CaptureWatchdog + TimeSpan.FromMilliseconds(1));

        Assert.True(_ended.Wait(s_limit, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void ACaptureThatGoesOnDoesNot()
    {
        using SeqPacketSocket client = GiveNotice();
        Assert.Equal(FrameType.Taken, Receive(client));
        for (int seconds = 0; seconds < 2 * DaemonLimits.CaptureWatchdog.TotalSeconds; seconds += 9)
        {
            _time.Advance(TimeSpan.FromSeconds(9));
            _job!.Touch(_time.GetTimestamp());
            // The tick has looked.
            Assert.Equal(FrameType.Progress, Receive(client));
        }

        Assert.False(_ended.IsSet);
    }

    private static FrameType Receive(SeqPacketSocket socket)
    {
        byte[] buffer = new byte[FrameHeader.Size + ProtocolLimits.MaxPayloadBytes];
        ReceivedPacket packet = socket.Receive(buffer) ?? throw new TimeoutException("no frame came");
        return FrameHeader.Parse(buffer.AsSpan(0, packet.Length), out _).Type;
    }

    private SeqPacketSocket GiveNotice()
    {
        SeqPacketSocket client = SeqPacketSocket.Connect(Path.Combine(_directory, "s"));
        client.SetReceiveLimit(s_limit);
        client.Send(FrameHeader.Frame(FrameType.Hello, new HelloPayload(ConnectionRole.Crash, Hooks.None, Environment.ProcessId, Environment.ProcessId).ToBytes()));
        Assert.Equal(FrameType.Welcome, Receive(client));
        byte[] notice = new byte[CrashNotice.Size];
        BitConverter.TryWriteBytes(notice, CrashNotice.Size);
        client.Send(FrameHeader.Frame(FrameType.Notice, notice));
        Assert.True(_isRecording.Wait(s_limit, TestContext.Current.CancellationToken));
        return client;
    }

    private sealed class Control(ManualResetEventSlim ended) : IControlRequests
    {
        public void EndAtOnce() => ended.Set();

        public void Registered(Registration registration)
        {
        }

        public void Gone(Registration registration)
        {
        }

        public LastRunPayload GetLastRun() => new(true, 7);

        public void Captured()
        {
        }

        public bool GetUploads() => throw new NotSupportedException();

        public void SetUploads(bool upload) => throw new NotSupportedException();

        public IReadOnlyList<UploadedReportPayload> ListUploaded() => throw new NotSupportedException();

        public StatusDocument GetStatus(Sessions sessions) => throw new NotSupportedException();

        public void SubmitPending() => throw new NotSupportedException();
    }
}
