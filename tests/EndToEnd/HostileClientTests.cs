using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using CrashHandler.Handler.Daemon;
using CrashHandler.Handler.Posix;
using CrashHandler.Protocol;
using CrashHandler.Tests.Fuzz;
using Xunit;

namespace CrashHandler.Tests.EndToEnd;

/// <summary>What clients do to the real handler that they should not: others are served all the time, and what was done is counted, and said once.</summary>
public sealed class HostileClientTests : IDisposable
{
    private const int SIGKILL = 9, SIGSTOP = 19, SIGCONT = 18, ETOOMANYREFS = 109;
    private const int Registers = 23;

    // A machine that runs every room's tests at once may be late on its own account.
    private const int LeftAtMost = 1;
    private const int RegistersOffset = CrashNotice.UContextOffset + 40;

    private readonly Sandbox _sandbox = new(Identities.Own);
    private readonly RunningProcess _handler;
    private readonly string _socket;
    private readonly string _victim;
    private readonly Lazy<string> _lender;

    public HostileClientTests()
    {
        _victim = _sandbox.CompileScript("fault.c");
        _lender = new Lazy<string>(() => _sandbox.CompileScript("lend_connections.c"));
        _handler = _sandbox.Start(TestPrograms.Shared.Handler, "run", "--database", _sandbox.Database, "--persistent", "--ready-fd", "1");
        string[] ready = _handler.ReadLine().Split(' ', 3);
        Assert.Equal("ready", ready[0]);
        _socket = ready[2];
    }

    public void Dispose() => _sandbox.Dispose();

    [Fact]
    public void TenThousandConnectionsOfOneProcessLeaveAnotherServed()
    {
        const int Times = 10_000, Looks = 4, Held = 500;
        Queue<RawSocket> held = new();
        for (int i = 1; i <= Times; i++)
        {
            held.Enqueue(RawSocket.Connect(_socket));
            if (held.Count > Held)
            {
                held.Dequeue().Dispose();
            }

            if (i % (Times / Looks) == 0)
            {
                Crash();
            }
        }

        Assert.Equal(0, _sandbox.HandlerStatus().GetProperty("lost").GetInt32());
        Assert.InRange(LeftToAnother(), 0, LeftAtMost);
        _sandbox.Until(() => Refusals("tooMany") >= Times - DaemonLimits.ConnectsAtOnce - 100 ? "all" : null, () => "the refusals to be counted");
        Assert.Single(Log(), line => line.Contains($"pid {Environment.ProcessId} ended: this handler takes", StringComparison.Ordinal));
        Assert.Contains("too many", _sandbox.Handler("status", "--database", _sandbox.Database).Output, StringComparison.Ordinal);
        foreach (RawSocket connection in held)
        {
            connection.Dispose();
        }
    }

    [Fact]
    public void FloodsMakeNobodyWait()
    {
        const int Floods = 6, Crashes = 5;
        byte[][] frames =
        [
            FrameHeader.Frame(FrameType.BlockChanged, []), FrameHeader.Frame(FrameType.SetUploads, [1]), FrameHeader.Frame(FrameType.GetStatus, []),
            FrameHeader.Frame(FrameType.SubmitPending, []), FrameHeader.Frame(FrameType.Note, "flood\n2026-01-01 forged"u8), FrameHeader.Frame(FrameType.GetUploads, []),
        ];
        List<Lender> lenders = [.. Enumerable.Range(0, Floods).Select(_ => new Lender(_sandbox, _lender.Value, _socket))];
        List<RawSocket> connections = [.. lenders.SelectMany(lender => Enumerable.Range(0, DaemonLimits.MaxConnectionsPerProcess).Select(_ => Greeted(lender, ConnectionRole.Control)))];
        using CancellationTokenSource end = new();
        long sent = 0;
        Thread flood = new(() =>
        {
            for (int i = 0; !end.IsCancellationRequested; i++)
            {
                foreach (RawSocket connection in connections)
                {
                    sent += connection.Send(frames[i % frames.Length]) == 0 ? 1 : 0;
                    connection.Drain();
                }
            }
        });
        flood.Start();
        try
        {
            for (int i = 0; i < Crashes; i++)
            {
                Crash();
                Assert.Equal(0, _sandbox.HandlerStatus().GetProperty("lost").GetInt32());
            }
        }
        finally
        {
            end.Cancel();
            flood.Join();
        }

        Assert.True(sent > 1_000, $"a flood of {sent} frames is none");
        Assert.InRange(LeftToAnother(), 0, LeftAtMost);
        Assert.InRange(Log().Count(line => line.Contains(" says: ", StringComparison.Ordinal)), 1, Floods * (DaemonLimits.NotesAtOnce + 1));
        connections.ForEach(connection => connection.Dispose());
        lenders.ForEach(lender => lender.Dispose());
    }

    [Fact]
    public void DescriptorsAreClosedHoweverManyAndLingeringOnesAreNotWaitedFor()
    {
        const int Packets = 100, Most = 253;
        using Lender lender = new(_sandbox, _lender.Value, _socket);
        // What is opened once and kept is open then.
        Crash();
        int before = Descriptors();
        using RawSocket connection = Greeted(lender, ConnectionRole.Control);
        int[] many = [.. Enumerable.Repeat(connection.Number, Most)];
        for (int i = 0; i < Packets; i++)
        {
            Assert.Equal(0, SendWhenThereIsRoom(connection, FrameHeader.Frame(FrameType.BlockChanged, []), many));
        }

        // Behind what ends the connection nothing is read any more.
        Linger(connection, FrameHeader.Frame(FrameType.BlockChanged, []));
        connection.Send("nonsense"u8);
        Linger(connection, "unread"u8);
        using RawSocket other = Greeted(lender, ConnectionRole.Control);
        Linger(other, "x"u8);

        Crash();
        connection.Dispose();
        other.Dispose();
        // The pidfd of the lender, which goes on, is kept.
        _sandbox.Until(() => Descriptors() <= before + 1 ? "closed" : null, () => $"{Descriptors()} descriptors to be {before + 1} again");
    }

    [Fact]
    public void WhoDoesNotReadOrSaysNothingIsEnded()
    {
        using Lender lender = new(_sandbox, _lender.Value, _socket);
        using RawSocket silent = lender.Borrow()!, deaf = Greeted(lender, ConnectionRole.Control);
        int errno = 0;
        for (int i = 0; errno is 0 or Libc.EAGAIN; i++)
        {
            errno = deaf.Send(FrameHeader.Frame(FrameType.GetStatus, []));
            if (errno == Libc.EAGAIN)
            {
                deaf.WaitWritable(100);
            }
        }

        Assert.True(errno is Libc.EPIPE or Libc.ECONNRESET, $"errno {errno}");
        byte[] refusal = silent.Receive(FrameType.Refusal);
        Assert.Equal("no Hello within 5000 ms", System.Text.Encoding.UTF8.GetString(refusal[2..]));
        Assert.Null(silent.Receive());
        Assert.Equal((1, 1), (Refusals("unread"), Refusals("silent")));
    }

    [Theory]
    [InlineData(SIGKILL, 'Z')]
    [InlineData(SIGSTOP, 'T')]
    public void WhoIsKilledOrStoppedInTheMiddleIsReportedAndHoldsNobodyUp(int signal, char state)
    {
        using Lender lender = new(_sandbox, _lender.Value, _socket);
        using RawSocket connection = Greeted(lender, ConnectionRole.Crash);
        // It is dead, or stands, before its notice is read.
        _ = Libc.kill(_handler.Pid, SIGSTOP);
        lender.Send(connection, FrameHeader.Frame(FrameType.Notice, Notice(lender.Pid, 0x1234)));
        _sandbox.Until(() => connection.HasUnsent() ? "sent" : null, () => "the notice to be sent");
        lender.Signal(signal, state);
        _ = Libc.kill(_handler.Pid, SIGCONT);

        Crash();
        _sandbox.Until(() => _sandbox.Reports().Count == 2 ? "both" : null, () => "its report");
        JsonElement report = Assert.Single(_sandbox.Reports(), report => report.GetProperty("pid").GetInt32() == lender.Pid);
        Assert.Equal(signal == SIGKILL ? "NoticeOnly" : "Frozen", report.GetProperty("access").GetString());
        _ = Libc.kill(lender.Pid, SIGCONT);
    }

    /// <summary>Registers and addresses of the crash that point where nothing is, at what cannot be read, and into what is no memory.</summary>
    [Theory]
    [InlineData("0")]
    [InlineData("1")]
    [InlineData("7fffffffffff")]
    [InlineData("8000000000000000")]
    [InlineData("fffffffffffff000")]
    [InlineData("ffffffffffffffff")]
    [InlineData("[vvar]")]
    [InlineData("[vsyscall]")]
    [InlineData("[stack]")]
    public void AddressesThatPointNowhereEndNothing(string where)
    {
        using Lender lender = new(_sandbox, _lender.Value, _socket);
        ulong address = ulong.TryParse(where, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out ulong number) ? number : StartOf(lender.Pid, where);
        using RawSocket connection = Greeted(lender, ConnectionRole.Crash);
        lender.Send(connection, FrameHeader.Frame(FrameType.Notice, Notice(lender.Pid, address)));

        connection.Receive(FrameType.Taken);
        Assert.Equal([0, 0, 0, 0], connection.Receive(FrameType.Release));
        JsonElement report = _sandbox.SingleReport();
        Assert.Equal((lender.Pid, "Frozen"), (report.GetProperty("pid").GetInt32(), report.GetProperty("access").GetString()));
        Assert.Equal(0, _sandbox.Handler("minidump", report.GetProperty("dump").GetString()!, "--json").ExitCode);
        Assert.False(_handler.HasExited);
    }

    private void Crash()
    {
        int pid = _sandbox.Run("env", $"LD_PRELOAD={TestPrograms.Shared.Shim}", $"CRASH_HANDLER_PIPE={_socket}", $"CRASH_HANDLER_PATH={TestPrograms.Shared.Handler}", _victim).Pid;
        Assert.Single(_sandbox.Reports(), report => report.GetProperty("pid").GetInt32() == pid);
    }

    private static RawSocket Greeted(Lender lender, ConnectionRole role)
    {
        RawSocket connection = lender.Borrow()!;
        Assert.Equal(0, connection.Send(FrameHeader.Frame(FrameType.Hello, new HelloPayload(role, Hooks.Signals, lender.Pid, lender.Pid).ToBytes())));
        connection.Receive(FrameType.Welcome);
        return connection;
    }

    /// <summary>Sends a socket along, and closes it here, that is waited for when it is closed: its peer does not read.</summary>
    private static void Linger(RawSocket connection, ReadOnlySpan<byte> packet)
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        Socket sender = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        sender.Connect(listener.LocalEndpoint);
        Socket peer = listener.AcceptSocket();
        s_unread.Add(peer);
        sender.Blocking = false;
        sender.LingerState = new LingerOption(enable: true, seconds: 600);
        byte[] bytes = new byte[1 << 20];
        while (sender.Send(bytes, 0, bytes.Length, SocketFlags.None, out SocketError error) > 0 && error == SocketError.Success)
        {
        }

        if (SendWhenThereIsRoom(connection, packet, (int)sender.Handle) != 0)
        {
            // The handler has ended the connection already: the last one is this process's, and would be waited for here.
            sender.LingerState = new LingerOption(enable: false, seconds: 0);
        }

        // The handler's is the last one.
        int number = (int)sender.Handle;
        sender.SafeHandle.SetHandleAsInvalid();
        Assert.Equal(0, Libc.close(number));
    }

    // Who is not root may have only as many descriptors on their way as it may have open.
    private static int SendWhenThereIsRoom(RawSocket connection, ReadOnlySpan<byte> packet, params ReadOnlySpan<int> descriptors)
    {
        long began = Environment.TickCount64;
        int errno;
        while ((errno = connection.Send(packet, descriptors)) is Libc.EAGAIN or ETOOMANYREFS && Environment.TickCount64 - began < EndToEndLimits.Deadline.TotalMilliseconds)
        {
            Thread.Yield();
        }

        return errno;
    }

    private static readonly List<Socket> s_unread = [];

    private static byte[] Notice(int pid, ulong address)
    {
        byte[] notice = new byte[CrashNotice.Size];
        BitConverter.TryWriteBytes(notice, CrashNotice.Size);
        BitConverter.TryWriteBytes(notice.AsSpan(8), pid);
        BitConverter.TryWriteBytes(notice.AsSpan(12), pid);
        BitConverter.TryWriteBytes(notice.AsSpan(16), 11);
        BitConverter.TryWriteBytes(notice.AsSpan(20), 1);
        foreach (int field in (int[])[24, 32, 40, 48, CrashNotice.SigInfoOffset + 16, .. Enumerable.Range(0, Registers).Select(register => RegistersOffset + (register * sizeof(ulong)))])
        {
            BitConverter.TryWriteBytes(notice.AsSpan(field), address);
        }

        return notice;
    }

    private static ulong StartOf(int pid, string mapping)
        => ulong.Parse(File.ReadLines($"/proc/{pid}/maps").First(line => line.EndsWith(mapping, StringComparison.Ordinal)).Split('-')[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    /// <summary>Crashes that were not taken within a second, and were reported by a handler of their own.</summary>
    private int LeftToAnother() => Log().Count(line => line.Contains("no other handler answered", StringComparison.Ordinal));

    private int Refusals(string kind) => _sandbox.HandlerStatus().GetProperty("refusals").GetProperty(kind).GetInt32();

    private int Descriptors() => Directory.GetFileSystemEntries($"/proc/{_handler.Pid}/fd").Length;

    private string[] Log() => File.ReadAllLines(Path.Combine(_sandbox.Database, "handler.log"));
}
