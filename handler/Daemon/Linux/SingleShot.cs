using CrashHandler.Handler.Capture.Linux;
using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Reports;
using CrashHandler.Protocol;
using Serilog;

namespace CrashHandler.Handler.Daemon;

/// <summary>
/// A handler for one death (protocol/README.md, "The dialogues"): the dying process is its parent, and started it because no other handler
/// answered. It has no address, uploads nothing, and waits for no lock longer than its dialogue lasts: the others may be stopped.
/// </summary>
internal sealed class SingleShot
{
    private readonly SingleShotOptions _options;
    private readonly SeqPacketSocket _socket;
    private readonly CaptureJob _job;
    private readonly Lazy<ILogger> _log;
    private readonly TimeProvider _time = TimeProvider.System;
    private readonly EventLoop _loop;

    private SingleShot(SingleShotOptions options, SeqPacketSocket socket, CaptureJob job, Lazy<ILogger> log, EventLoop loop)
    {
        _options = options;
        _socket = socket;
        _job = job;
        _log = log;
        _loop = loop;
    }

    /// <summary>Takes the one notice, makes its report, and lets the process go.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="DaemonException">The other end is not this process's parent, or sends no notice in time.</exception>
    /// <exception cref="MalformedFrameException">What it sends is no notice.</exception>
    /// <exception cref="SyscallException">A descriptor is not what it was said to be.</exception>
    public static int Run(SingleShotOptions options)
    {
        using SeqPacketSocket socket = SeqPacketSocket.Inherited(options.NoticeFd);
        ClientIdentity victim = Victim(socket);
        byte[] notice = ReceiveNotice(socket);
        options.FailSpot?.Pass(CrashStep.NoticeReceived);
        socket.Send(FrameHeader.Frame(FrameType.Taken, []));
        options.FailSpot?.Pass(CrashStep.Taken);

        Lazy<ILogger> log = new(() => HandlerLog.Open(options.Handler.Database));
        ProcessLimits.IgnoreFileSizeSignal();
        OomScore.Reset(message => log.Value.Warning("{Reason}", message));
        using EventLoop loop = new(TimeProvider.System);
        using RegistrationReader? registration = OpenBlock(options.BlockFd, victim, log);
        Hooks hooks = CrashNotice.Parse(notice).Flags.HasFlag(NoticeFlags.DotNet) ? Hooks.DotNet : Hooks.None;
        CaptureJob job = new(victim, notice, registration, hooks);
        return new SingleShot(options, socket, job, log, loop).Converse() == ReleaseOutcome.Reported ? Cli.CommandLine.Done : Cli.CommandLine.Failed;
    }

    private ReleaseOutcome Converse()
    {
        _log.Value.Information("Pid {Client} dies, and no other handler answered it", _job.Identity.ProcessId);
        _job.AskForMemory = AskForMemory;
        CaptureWorkers workers = new(Capture, Complete, _loop, _time, () => _log.Value);
        workers.Enqueue(_job);
        _loop.After(TimeSpan.FromMilliseconds(ProtocolLimits.ProgressIntervalMilliseconds), Tick);
        _loop.After(TimeSpan.FromMilliseconds(ProtocolLimits.DialogueLimitMilliseconds), () => GiveUp("did not end", TimeSpan.FromMilliseconds(ProtocolLimits.DialogueLimitMilliseconds)));
        _loop.Run();
        _options.FailSpot?.Pass(CrashStep.LetGo);
        ReleaseOutcome outcome = _job.Outcome ?? ReleaseOutcome.NotReported;
        Send(FrameType.Release, BitConverter.GetBytes((uint)outcome));
        return outcome;
    }

    // On the capture's thread, so that whatever goes wrong with the database is logged and answered as any other capture's end.
    private WrittenReport Capture(CaptureJob job)
    {
        PosixFiles.SetPrivateUmask();
        // As the dying process had it, which may ignore its children's end: the walk's is asked for.
        _ = Libc.signal(Libc.SIGCHLD, Libc.SIG_DFL);
        ReportDatabase database = ReportDatabase.Create(_options.Handler.Database);
        RunOptions options = new() { Database = database.Path, Url = _options.Handler.Url, Walk = _options.Walk, FailSpot = _options.FailSpot };
        return new CrashRecorder(database, options, _time, _log).Capture(job);
    }

    // On the capture's thread, which is the only one that receives.
    private HandedFiles AskForMemory()
    {
        _socket.Send(FrameHeader.Frame(FrameType.HandOver, []));
        byte[] buffer = new byte[FrameHeader.Size + ProtocolLimits.MaxPayloadBytes];
        if (!_socket.WaitReadable(HandOverRequest.Limit) || _socket.Receive(buffer) is not { Length: > 0 } packet)
        {
            throw new IOException(HandOverRequest.NoAnswer);
        }

        HandedFiles? files = null;
        try
        {
            FrameHeader header = FrameHeader.Parse(buffer.AsSpan(0, packet.Length), out ReadOnlySpan<byte> payload);
            return header.Type == FrameType.HandedOver ? files = HandedFiles.Take(payload, packet.Descriptors)
                : throw new MalformedFrameException($"the answer is {header.Type} instead of {FrameType.HandedOver}");
        }
        finally
        {
            if (files is null)
            {
                Close(packet);
            }
        }
    }

    private static void Close(ReceivedPacket packet)
    {
        foreach (FileDescriptor unwanted in packet.Descriptors)
        {
            unwanted.Dispose();
        }
    }

    private void Complete(CaptureJob job, ReleaseOutcome outcome)
    {
        job.Outcome = outcome;
        _loop.Stop();
    }

    private void Tick()
    {
        if (_job.IsStuck(_time))
        {
            GiveUp("made no progress", DaemonLimits.CaptureWatchdog);
        }

        Send(FrameType.Progress, []);
        _loop.After(TimeSpan.FromMilliseconds(ProtocolLimits.ProgressIntervalMilliseconds), Tick);
    }

    private void GiveUp(string what, TimeSpan limit)
    {
        _log.Value.Fatal("The capture of pid {Client} {What} for {Limit}; this handler ends itself", _job.Identity.ProcessId, what, limit);
        Libc._exit(HandlerDaemon.ExitStuck);
    }

    private void Send(FrameType type, ReadOnlySpan<byte> payload)
    {
        try
        {
            _socket.Send(FrameHeader.Frame(type, payload));
        }
        catch (SyscallException gone)
        {
            // Killed by somebody else: its report is worth as much.
            _log.Value.Debug("Pid {Client} did not take {Frame}: {Reason}", _job.Identity.ProcessId, type, gone.Message);
        }
    }

    private static ClientIdentity Victim(SeqPacketSocket socket)
    {
        // Of a socketpair the kernel names who made it, and only the process that started us is believed.
        int pid = socket.PeerCredentials().Pid;
        int parent = Libc.getppid();
        return pid == parent ? new ClientIdentity(pid, ProcStat.ReadStartTime(pid))
            : throw new DaemonException($"the notice's socket was made by process {pid} and not by the parent {parent} of this one; only a dying process starts 'capture', for itself");
    }

    private static byte[] ReceiveNotice(SeqPacketSocket socket)
    {
        byte[] buffer = new byte[FrameHeader.Size + ProtocolLimits.MaxPayloadBytes];
        if (!socket.WaitReadable(DaemonLimits.SingleShotNotice) || socket.Receive(buffer) is not { Length: > 0 } packet)
        {
            throw new DaemonException($"no notice came within {DaemonLimits.SingleShotNotice.TotalSeconds} s");
        }

        Close(packet);
        FrameHeader header = FrameHeader.Parse(buffer.AsSpan(0, packet.Length), out ReadOnlySpan<byte> payload);
        if (header.Type != FrameType.Notice)
        {
            throw new MalformedFrameException($"the first frame is {header.Type} instead of {FrameType.Notice}");
        }

        CrashNotice.Parse(payload);
        return payload.ToArray();
    }

    private static RegistrationReader? OpenBlock(int? fd, ClientIdentity victim, Lazy<ILogger> log)
    {
        try
        {
            return fd is int number ? new RegistrationReader(new FileDescriptor(number)) : null;
        }
        catch (MalformedFrameException broken)
        {
            log.Value.Warning("Pid {Client} is reported without its parameters: {Reason}", victim.ProcessId, broken.Message);
            return null;
        }
    }
}
