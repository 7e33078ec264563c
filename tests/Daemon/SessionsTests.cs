using System.Text;
using CrashHandler.Handler.Capture.Linux;
using CrashHandler.Handler.Daemon;
using CrashHandler.Handler.Posix;
using CrashHandler.Protocol;
using Serilog;
using Xunit;

namespace CrashHandler.Tests.Daemon;

/// <summary>Real sockets against real sessions; only the capture is played.</summary>
public sealed class SessionsTests : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(20);

    private readonly string _directory = Directory.CreateTempSubdirectory("sessions").FullName;
    private readonly EventLoop _loop = new(TimeProvider.System);
    private readonly SeqPacketSocket _listener;
    private readonly Sessions _sessions;
    private readonly Thread _thread;
    private readonly Control _control = new();
    private readonly ManualResetEventSlim _mayRecord = new(initialState: true);
    private readonly List<CaptureJob> _recorded = [];
    private Action<CaptureJob> _record = _ => { };

    public SessionsTests()
    {
        _listener = SeqPacketSocket.Listen(Address, 16);
        Welcome welcome = new(Environment.ProcessId, Guid.Empty, "/db", null, "0.1.0");
        _sessions = new Sessions(_loop, _listener, _control, () => welcome, PosixFiles.UserId(), TimeProvider.System, () => Log.Logger)
        {
            Capture = job =>
            {
                lock (_recorded)
                {
                    _recorded.Add(job);
                }

                _mayRecord.Wait(s_limit);
                _record(job);
                return new WrittenReport(job, 0, takesLong: false, () => ReleaseOutcome.Reported);
            },
            BusyChanged = _ => { },
        };
        _sessions.Open();
        _thread = new Thread(_loop.Run);
        _thread.Start();
    }

    private string Address => Path.Combine(_directory, "s");

    public void Dispose()
    {
        _mayRecord.Set();
        _loop.Post(_loop.Stop);
        Assert.True(_thread.Join(s_limit));
        _sessions.Dispose();
        _listener.Dispose();
        _loop.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public void HelloIsAnsweredByWelcome()
    {
        using SeqPacketSocket client = Connect(ConnectionRole.Control);
    }

    [Fact]
    public void AnotherVersionIsRefusedInWords()
    {
        using SeqPacketSocket client = Open();
        byte[] hello = Hello(ConnectionRole.Control);
        hello[4] = 9;
        client.Send(hello);

        (FrameType type, byte[] payload) = Receive(client);

        Assert.Equal(FrameType.Refusal, type);
        Assert.Equal((byte)RefusalReason.Version, payload[0]);
        Assert.Contains("version 9", Encoding.UTF8.GetString(payload, 2, payload.Length - 2), StringComparison.Ordinal);
        AssertClosed(client);
    }

    [Theory]
    [InlineData("00")]
    [InlineData("434852500100010000000000" + "00000000")]
    [InlineData("434852500100200000000000" + "00000000")]
    [InlineData("434852500100010020000000" + "00000000" + "0900000000000000" + "0100000001000000" + "00000000000000000000000000000000")]
    public void NonsenseEndsItsOwnConnectionOnly(string hex)
    {
        using SeqPacketSocket neighbour = Connect(ConnectionRole.Control);
        using SeqPacketSocket client = Open();
        client.Send(Convert.FromHexString(hex));

        (FrameType type, byte[] payload) = Receive(client);

        Assert.Equal(FrameType.Refusal, type);
        Assert.Equal((byte)RefusalReason.MalformedFrame, payload[0]);
        AssertClosed(client);
        neighbour.Send(FrameHeader.Frame(FrameType.GetUploads, [], request: 5));
        Assert.Equal(FrameType.Uploads, Receive(neighbour).Type);
    }

    [Fact]
    public void AFrameOfAnUnknownKindEndsTheConnection()
    {
        using SeqPacketSocket client = Connect(ConnectionRole.Control);
        client.Send(FrameHeader.Frame((FrameType)999, [1, 2, 3]));

        Assert.Equal(FrameType.Refusal, Receive(client).Type);
        AssertClosed(client);
    }

    [Fact]
    public void RegisterWithoutAMemfdEndsTheConnection()
    {
        using SeqPacketSocket client = Connect(ConnectionRole.Control);
        client.Send(FrameHeader.Frame(FrameType.Register, new RegisterPayload(Hooks.Stage2, RegisterOptions.None, 0).ToBytes()));

        Assert.Equal(FrameType.Refusal, Receive(client).Type);
        AssertClosed(client);
    }

    [Fact]
    public void UploadsAreStoredAndTold()
    {
        using SeqPacketSocket client = Connect(ConnectionRole.Control);
        client.Send(FrameHeader.Frame(FrameType.SetUploads, [0], request: 1));
        Assert.Equal(FrameType.Done, Receive(client).Type);
        client.Send(FrameHeader.Frame(FrameType.GetUploads, [], request: 2));

        (FrameType type, byte[] payload) = Receive(client);

        Assert.Equal(FrameType.Uploads, type);
        Assert.Equal([0], payload);
    }

    [Fact]
    public void UploadedReportsComeInAnswersThatFitTheSocket()
    {
        using SeqPacketSocket client = Connect(ConnectionRole.Control);
        List<int> answers = [];
        do
        {
            client.Send(FrameHeader.Frame(FrameType.ListUploaded, BitConverter.GetBytes((uint)answers.Sum()), request: 1));
            answers.Add(0);
            while (Receive(client).Type == FrameType.UploadedReport)
            {
                answers[^1]++;
            }
        }
        while (answers[^1] > 0);

        Assert.Equal([16, 16, 16, 16, 16, 16, 4, 0], answers);
    }

    [Fact]
    public void AnInspectorMayNotChangeAnything()
    {
        using SeqPacketSocket client = Connect(ConnectionRole.Inspector);
        client.Send(FrameHeader.Frame(FrameType.SetUploads, [0], request: 1));

        Assert.Equal(FrameType.Refusal, Receive(client).Type);
        Assert.True(_control.Uploads);
    }

    [Fact]
    public void ANoticeIsTakenThenReleased()
    {
        using SeqPacketSocket client = Connect(ConnectionRole.Crash);
        client.Send(FrameHeader.Frame(FrameType.Notice, Notice()));

        Assert.Equal(FrameType.Taken, Receive(client).Type);
        (FrameType type, byte[] payload) = Receive(client);
        Assert.Equal(FrameType.Release, type);
        Assert.Equal([0, 0, 0, 0], payload);
        CaptureJob job = Assert.Single(_recorded);
        Assert.Equal(Environment.ProcessId, job.Identity.ProcessId);
    }

    [Fact]
    public void OneDeathIsOneReportHoweverOftenItIsTold()
    {
        _mayRecord.Reset();
        using SeqPacketSocket first = Connect(ConnectionRole.Crash);
        using SeqPacketSocket second = Connect(ConnectionRole.Crash);
        first.Send(FrameHeader.Frame(FrameType.Notice, Notice()));
        Assert.Equal(FrameType.Taken, Receive(first).Type);
        second.Send(FrameHeader.Frame(FrameType.Notice, Notice()));
        Assert.Equal(FrameType.Taken, Receive(second).Type);
        _mayRecord.Set();

        Assert.Equal(FrameType.Release, Receive(first).Type);
        Assert.Equal(FrameType.Release, Receive(second).Type);
        second.Send(FrameHeader.Frame(FrameType.Notice, Notice()));
        Assert.Equal(FrameType.Taken, Receive(second).Type);
        Assert.Equal(FrameType.Release, Receive(second).Type);
        Assert.Single(_recorded);
    }

    [Fact]
    public void WhoSaysItManyTimesIsLetGoOnce()
    {
        const int Times = 5;
        _mayRecord.Reset();
        using SeqPacketSocket client = Connect(ConnectionRole.Crash);
        for (int i = 0; i < Times; i++)
        {
            client.Send(FrameHeader.Frame(FrameType.Notice, Notice()));
            Assert.Equal(FrameType.Taken, ReceiveSkipping(client, FrameType.Progress));
        }

        _mayRecord.Set();
        Assert.Equal(FrameType.Release, ReceiveSkipping(client, FrameType.Progress));
        // It is let go again when it says so again: nothing is between the two.
        client.Send(FrameHeader.Frame(FrameType.Notice, Notice()));
        Assert.Equal(FrameType.Taken, Receive(client).Type);
        Assert.Equal(FrameType.Release, Receive(client).Type);
    }

    [Fact]
    public void ReportsWithoutEndAreNotMade()
    {
        using SeqPacketSocket client = Connect(ConnectionRole.Control);
        byte[] demand = [.. BitConverter.GetBytes(Environment.ProcessId), 0, 0, 0, 0];
        int made = 0;
        string? refusal = null;
        while (refusal is null)
        {
            client.Send(FrameHeader.Frame(FrameType.CaptureReport, demand, request: 1));
            (FrameType type, byte[] payload) = Receive(client);
            made += type == FrameType.Done ? 1 : 0;
            refusal = type == FrameType.Failed ? Encoding.UTF8.GetString(payload) : null;
        }

        Assert.StartsWith($"this process has had {DaemonLimits.ReportsAtOnce} reports made in a short time", refusal, StringComparison.Ordinal);
        // One more for each second that it took.
        Assert.InRange(made, DaemonLimits.ReportsAtOnce, DaemonLimits.ReportsAtOnce + (int)s_limit.TotalSeconds);
    }

    [Fact]
    public void NotesWithoutEndAreNotLogged()
    {
        using SeqPacketSocket client = Connect(ConnectionRole.Control);
        for (int i = 0; i < DaemonLimits.NotesAtOnce; i++)
        {
            client.Send(FrameHeader.Frame(FrameType.Note, "so"u8, request: 1));
            Assert.Equal(FrameType.Done, Receive(client).Type);
        }

        client.Send(FrameHeader.Frame(FrameType.Note, "so"u8, request: 1));
        Assert.Equal(FrameType.Failed, Receive(client).Type);
    }

    [Fact]
    public void AnEmptyPacketIsMalformed()
    {
        using SeqPacketSocket client = Connect(ConnectionRole.Control);
        client.Send([]);

        Assert.Equal(FrameType.Refusal, Receive(client).Type);
        AssertClosed(client);
    }

    [Fact]
    public void ALongCaptureShowsProgress()
    {
        _mayRecord.Reset();
        using SeqPacketSocket client = Connect(ConnectionRole.Crash);
        client.Send(FrameHeader.Frame(FrameType.Notice, Notice()));
        Assert.Equal(FrameType.Taken, Receive(client).Type);

        Assert.Equal(FrameType.Progress, Receive(client).Type);
        _mayRecord.Set();
        Assert.Equal(FrameType.Release, Receive(client).Type);
    }

    [Fact]
    public void MemoryThatIsAskedForIsHandedToTheCapture()
    {
        string? target = null;
        _record = job =>
        {
            using HandedFiles files = job.AskForMemory!();
            target = Encoding.UTF8.GetString(ProcFs.ReadLinkBytes($"/proc/self/fd/{files.Memory!.Number}"));
        };
        using SeqPacketSocket client = Die();
        Assert.Equal(FrameType.HandOver, ReceiveSkipping(client, FrameType.Progress));
        SendWith(client, s_handedOver, 3);

        Assert.Equal(FrameType.Release, ReceiveSkipping(client, FrameType.Progress));
        Assert.Equal(File, target);
        AssertClosed(File);
    }

    [Fact]
    public void ASecondAnswerIsClosedAndNothingElse()
    {
        using ManualResetEventSlim mayEnd = new();
        _record = job =>
        {
            using HandedFiles files = job.AskForMemory!();
            mayEnd.Wait(s_limit);
        };
        using SeqPacketSocket client = Die();
        Assert.Equal(FrameType.HandOver, ReceiveSkipping(client, FrameType.Progress));
        SendWith(client, s_handedOver, 3);
        SendWith(client, s_handedOver, 3);
        mayEnd.Set();

        Assert.Equal(FrameType.Release, ReceiveSkipping(client, FrameType.Progress));
        AssertClosed(File);
    }

    [Fact]
    public void ANewConnectionOfTheSameDeathIsAskedAgain()
    {
        string? target = null;
        _record = job =>
        {
            using HandedFiles files = job.AskForMemory!();
            target = Encoding.UTF8.GetString(ProcFs.ReadLinkBytes($"/proc/self/fd/{files.Memory!.Number}"));
        };
        using SeqPacketSocket keepsItKnown = Connect(ConnectionRole.Control);
        using (SeqPacketSocket first = Die())
        {
            Assert.Equal(FrameType.HandOver, ReceiveSkipping(first, FrameType.Progress));
        }

        using SeqPacketSocket second = Die();
        Assert.Equal(FrameType.HandOver, ReceiveSkipping(second, FrameType.Progress));
        SendWith(second, s_handedOver, 3);

        Assert.Equal(FrameType.Release, ReceiveSkipping(second, FrameType.Progress));
        Assert.Equal(File, target);
    }

    [Fact]
    public void WhoDoesNotAnswerIsWaitedForNoLongerThanTheLimitAndALateAnswerIsClosed()
    {
        IOException? none = null;
        using ManualResetEventSlim mayEnd = new();
        using ManualResetEventSlim hasGivenUp = new();
        _record = job =>
        {
            none = Assert.Throws<IOException>(job.AskForMemory!);
            hasGivenUp.Set();
            mayEnd.Wait(s_limit);
        };
        using SeqPacketSocket client = Die();
        Assert.Equal(FrameType.HandOver, ReceiveSkipping(client, FrameType.Progress));
        Assert.True(hasGivenUp.Wait(s_limit, TestContext.Current.CancellationToken));
        SendWith(client, s_handedOver, 3);
        mayEnd.Set();

        Assert.Equal(FrameType.Release, ReceiveSkipping(client, FrameType.Progress));
        Assert.Equal("it did not hand over its memory within 3 s", none!.Message);
        AssertClosed(File);
    }

    [Theory]
    [InlineData(false, 3)]
    [InlineData(true, 2)]
    [InlineData(true, 4)]
    [InlineData(true, 100)]
    public void MemoryThatNobodyAskedForOrThatIsNotAsNamedEndsTheConnection(bool isAsked, int descriptors)
    {
        using ManualResetEventSlim mayEnd = new();
        _record = job =>
        {
            if (isAsked)
            {
                Assert.Throws<IOException>(job.AskForMemory!);
            }

            mayEnd.Wait(s_limit);
        };
        using SeqPacketSocket client = Die();
        if (isAsked)
        {
            Assert.Equal(FrameType.HandOver, ReceiveSkipping(client, FrameType.Progress));
        }

        SendWith(client, s_handedOver, descriptors);

        Assert.Equal(FrameType.Refusal, ReceiveSkipping(client, FrameType.Progress));
        AssertClosed(client);
        AssertClosed(File);
        mayEnd.Set();
    }

    private static readonly byte[] s_handedOver = FrameHeader.Frame(FrameType.HandedOver, default(HandedOverPayload).ToBytes());

    // What is handed over here: a file of this test's alone, so that one can see who has it open.
    private string File => Path.Combine(_directory, "handed-over");

    private SeqPacketSocket Die()
    {
        SeqPacketSocket client = Connect(ConnectionRole.Crash);
        client.Send(FrameHeader.Frame(FrameType.Notice, Notice()));
        Assert.Equal(FrameType.Taken, Receive(client).Type);
        return client;
    }

    private static FrameType ReceiveSkipping(SeqPacketSocket client, FrameType skipped)
    {
        FrameType type;
        while ((type = Receive(client).Type) == skipped)
        {
        }

        return type;
    }

    private unsafe void SendWith(SeqPacketSocket client, byte[] frame, int descriptors)
    {
        using FileStream file = new(File, FileMode.OpenOrCreate);
        Span<byte> control = new byte[16 + (descriptors * sizeof(int)) + 7 & ~7];
        BitConverter.TryWriteBytes(control, (long)(16 + (descriptors * sizeof(int))));
        BitConverter.TryWriteBytes(control[8..], Libc.SOL_SOCKET);
        BitConverter.TryWriteBytes(control[12..], Libc.SCM_RIGHTS);
        for (int i = 0; i < descriptors; i++)
        {
            BitConverter.TryWriteBytes(control[(16 + (i * sizeof(int)))..], (int)file.SafeFileHandle.DangerousGetHandle());
        }

        fixed (byte* bytes = frame, rights = control)
        {
            Libc.IoVec vector = new((nint)bytes, frame.Length);
            Libc.MsgHdr message = new() { Vectors = (nint)(&vector), VectorCount = 1, Control = (nint)rights, ControlLength = control.Length };
            nint sent = Libc.sendmsg(client.Number, &message, 0);
            Assert.True(sent == frame.Length, $"sendmsg: {SyscallException.Last("sendmsg").Message}");
        }
    }

    private static void AssertClosed(string file)
        => Assert.True(SpinWait.SpinUntil(() => !Directory.GetFiles("/proc/self/fd").Any(link => new FileInfo(link).LinkTarget == file), s_limit), "a descriptor stays open");

    private static byte[] Hello(ConnectionRole role)
        => FrameHeader.Frame(FrameType.Hello, new HelloPayload(role, Hooks.None, Environment.ProcessId, Environment.ProcessId).ToBytes());

    private static byte[] Notice()
    {
        byte[] notice = new byte[CrashNotice.Size];
        BitConverter.TryWriteBytes(notice, CrashNotice.Size);
        return notice;
    }

    private static (FrameType Type, byte[] Payload) Receive(SeqPacketSocket socket)
    {
        byte[] buffer = new byte[FrameHeader.Size + ProtocolLimits.MaxPayloadBytes];
        ReceivedPacket packet = socket.Receive(buffer) ?? throw new TimeoutException("no frame came");
        FrameHeader header = FrameHeader.Parse(buffer.AsSpan(0, packet.Length), out ReadOnlySpan<byte> payload);
        return (header.Type, payload.ToArray());
    }

    private static void AssertClosed(SeqPacketSocket socket) => Assert.Equal(0, socket.Receive(new byte[64])?.Length);

    private SeqPacketSocket Open()
    {
        SeqPacketSocket client = SeqPacketSocket.Connect(Address);
        client.SetReceiveLimit(s_limit);
        return client;
    }

    private SeqPacketSocket Connect(ConnectionRole role)
    {
        SeqPacketSocket client = Open();
        client.Send(Hello(role));
        (FrameType type, byte[] payload) = Receive(client);
        Assert.Equal(FrameType.Welcome, type);
        Assert.Equal("/db", Welcome.Parse(payload).Database);
        return client;
    }

    private sealed class Control : IControlRequests
    {
        public bool Uploads { get; private set; } = true;

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

        public bool GetUploads() => Uploads;

        public void SetUploads(bool upload) => Uploads = upload;

        // With the longest ids there are.
        public IReadOnlyList<UploadedReportPayload> ListUploaded()
            => [.. Enumerable.Range(0, 100).Select(i => new UploadedReportPayload(DateTimeOffset.FromUnixTimeMilliseconds(i), new string('x', 4096)))];

        public StatusDocument GetStatus(Sessions sessions) => throw new NotSupportedException();

        public void SubmitPending()
        {
        }

        public void EndAtOnce() => throw new NotSupportedException();
    }
}
