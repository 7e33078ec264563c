using System.Text;
using CrashHandler.Handler.Attach;
using CrashHandler.Handler.Capture.Linux;
using CrashHandler.Handler.Posix;
using CrashHandler.Protocol;
using Serilog;

namespace CrashHandler.Handler.Daemon;

/// <summary>
/// All connections and what they ask (protocol/README.md, "The dialogues"). On the event loop's thread only. Every client is taken for
/// hostile: what it sends can end its own connection, and nothing else.
/// </summary>
internal sealed class Sessions(
    EventLoop loop, SeqPacketSocket listener, IControlRequests control, Func<Welcome> welcome, uint uid, TimeProvider time, Func<ILogger> log)
    : IDisposable
{
    private const string KilledBefore = "it was gone before it handed over its memory";

    private readonly HashSet<ClientConnection> _connections = [];
    private readonly Dictionary<ClientIdentity, Client> _clients = [];
    private readonly Dictionary<ClientIdentity, CaptureJob> _deaths = [];
    private readonly HashSet<CaptureJob> _demands = [];
    private readonly byte[] _buffer = new byte[FrameHeader.Size + ProtocolLimits.MaxPayloadBytes];
    private Departures? _departures;
    private EventLoop.Timer? _memorySample;
    private CaptureWorkers? _workers;
    private bool _isClosed;

    /// <summary>Makes one death, or demand, a report, on a capture thread.</summary>
    public required Func<CaptureJob, WrittenReport> Capture { get; init; }

    /// <summary>Told of the steps of a crash: a test's hook.</summary>
    public Action<CrashStep> Passed { get; init; } = _ => { };

    /// <summary>Whether the kernel is asked how a client ended; false is a test's hook.</summary>
    public bool TellsExitStatus { get; init; } = true;

    /// <summary>Called when the last client is gone and when the first one comes: true is busy.</summary>
    public required Action<bool> BusyChanged { get; init; }

    /// <summary>Told of each death of which no report could be made, in words.</summary>
    public Action<string> CaptureFailed { get; init; } = _ => { };

    /// <summary>Processes connected.</summary>
    public IReadOnlyCollection<Client> Clients => _clients.Values;

    /// <summary>Whether a client is connected or a capture is in hand.</summary>
    public bool IsBusy => _clients.Count > 0 || HasJobs;

    /// <summary>Whether a capture is in hand, or a client about to end.</summary>
    public bool HasJobs => _demands.Count > 0 || _departures is { Count: > 0 } || _deaths.Values.Any(job => job.Outcome is null);

    /// <summary>Deaths and demands of which a report was made.</summary>
    public int Captured { get; private set; }

    /// <summary>Deaths of which none could be made.</summary>
    public int Lost { get; private set; }

    /// <summary>Connections ended because of what they sent.</summary>
    public int Refused { get; private set; }

    /// <summary>Begins to accept.</summary>
    public void Open() => loop.Add(listener.Number, _ => AcceptAll());

    /// <summary>Turns away whoever waits and accepts nobody any more. The address is to be unlinked before.</summary>
    public void Close()
    {
        if (!_isClosed)
        {
            _isClosed = true;
            loop.Remove(listener.Number);
            while (listener.Accept() is { } late)
            {
                late.Dispose();
            }
        }
    }

    public void Dispose()
    {
        Close();
        foreach (ClientConnection connection in _connections.ToArray())
        {
            Drop(connection);
        }

        _departures?.Dispose();
    }

    private void AcceptAll()
    {
        try
        {
            while (listener.Accept() is { } socket)
            {
                Accept(socket);
            }
        }
        catch (SyscallException exhausted)
        {
            // No descriptor left, most likely: whoever waits goes on waiting, and is not asked about a thousand times a second.
            log().Error("Nobody is accepted for {Seconds} s: {Reason}", DaemonLimits.AcceptPause.TotalSeconds, exhausted.Message);
            loop.Remove(listener.Number);
            loop.After(DaemonLimits.AcceptPause, () =>
            {
                if (!_isClosed)
                {
                    Open();
                }
            });
        }
    }

    private void Accept(SeqPacketSocket socket)
    {
        Libc.UCred peer;
        try
        {
            peer = socket.PeerCredentials();
        }
        catch (SyscallException gone)
        {
            log().Debug("A connection was gone before it was accepted: {Reason}", gone.Message);
            socket.Dispose();
            return;
        }

        ClientConnection connection = new(socket, peer);
        try
        {
            loop.Add(socket.Number, _ => OnReadable(connection));
        }
        catch (SyscallException)
        {
            connection.Dispose();
            throw;
        }

        _connections.Add(connection);
        if (_connections.Count > DaemonLimits.MaxConnections)
        {
            Refuse(connection, RefusalReason.TooManyConnections, $"this handler takes {DaemonLimits.MaxConnections} connections");
            return;
        }

        connection.HelloDeadline = loop.After(
            TimeSpan.FromMilliseconds(ProtocolLimits.HelloLimitMilliseconds),
            () => Refuse(connection, RefusalReason.MalformedFrame, $"no Hello within {ProtocolLimits.HelloLimitMilliseconds} ms"));
    }

    private void OnReadable(ClientConnection connection)
    {
        while (_connections.Contains(connection))
        {
            try
            {
                ReceivedPacket? packet = connection.Socket.Receive(_buffer);
                if (packet is null)
                {
                    return;
                }

                if (packet.Length == 0)
                {
                    foreach (FileDescriptor unwanted in packet.Descriptors)
                    {
                        unwanted.Dispose();
                    }

                    Drop(connection);
                    return;
                }

                OnPacket(connection, packet);
            }
            catch (ProtocolVersionException other)
            {
                Refuse(connection, RefusalReason.Version, other.Message);
            }
            catch (MalformedFrameException nonsense)
            {
                Refuse(connection, RefusalReason.MalformedFrame, nonsense.Message);
            }
            catch (SyscallException gone)
            {
                log().Debug("Connection of pid {Client} ended: {Reason}", connection.Peer.Pid, gone.Message);
                Drop(connection);
            }
            catch (Exception unexpected)
            {
                // One client must never end the handler of all others, whatever it found to break.
                log().Error(unexpected, "Connection of pid {Client} ended by a fault of this handler", connection.Peer.Pid);
                Drop(connection);
            }
        }
    }

    private void OnPacket(ClientConnection connection, ReceivedPacket packet)
    {
        // Whoever does not keep a descriptor must close it: a client must not fill our table.
        HashSet<FileDescriptor> unclaimed = [.. packet.Descriptors];
        try
        {
            if (packet.IsTruncated)
            {
                throw new MalformedFrameException($"the packet is longer than a frame may be ({_buffer.Length} bytes)");
            }

            FrameHeader header = FrameHeader.Parse(_buffer.AsSpan(0, packet.Length), out ReadOnlySpan<byte> payload);
            if (connection.Role is null)
            {
                OnHello(connection, header, payload, packet.Descriptors, unclaimed);
            }
            else if (connection.Role == ConnectionRole.Crash)
            {
                OnCrashFrame(connection, header, payload, packet, unclaimed);
            }
            else if (header.Type == FrameType.Register && connection.Client is { } client)
            {
                OnRegister(connection, client, header, payload, packet.Descriptors, unclaimed);
            }
            else
            {
                OnRequest(connection, header, payload);
            }
        }
        finally
        {
            foreach (FileDescriptor descriptor in unclaimed)
            {
                descriptor.Dispose();
            }
        }
    }

    private void OnHello(
        ClientConnection connection, FrameHeader header, ReadOnlySpan<byte> payload,
        IReadOnlyList<FileDescriptor> descriptors, HashSet<FileDescriptor> unclaimed)
    {
        if (header.Type != FrameType.Hello)
        {
            throw new MalformedFrameException($"the first frame is {header.Type} instead of {FrameType.Hello}");
        }

        HelloPayload hello = HelloPayload.Parse(payload);
        bool isInspector = hello.Role == ConnectionRole.Inspector;
        if (connection.Peer.Uid != uid && !(isInspector && connection.Peer.Uid == 0))
        {
            Refuse(connection, RefusalReason.NotSameUser, $"this handler serves uid {uid} only");
            return;
        }

        if (!Enum.IsDefined(hello.Role))
        {
            throw new MalformedFrameException($"Hello has the unknown role {(ushort)hello.Role}");
        }

        connection.HelloDeadline?.Cancel();
        connection.Role = hello.Role;
        if (!isInspector)
        {
            Client client = ClientOf(connection);
            connection.Client = client;
            client.Connections.Add(connection);
            client.Hooks |= hello.Hooks;
            if (hello.Role == ConnectionRole.Crash && client.Registration is null && descriptors is [FileDescriptor block])
            {
                TakeBlock(client, block, unclaimed);
            }
        }

        connection.Send(FrameType.Welcome, welcome().ToBytes(), header.Request);
    }

    /// <summary>
    /// The block of a process that registered with another handler, which is gone. What is none is no reason to refuse: the process may be dying, and
    /// the number of its block be another file's.
    /// </summary>
    private void TakeBlock(Client client, FileDescriptor block, HashSet<FileDescriptor> unclaimed)
    {
        try
        {
            client.Registration = new RegistrationReader(block);
            unclaimed.Remove(block);
        }
        catch (MalformedFrameException none)
        {
            log().Warning("Pid {Client} is known without its parameters: {Reason}", client.Identity.ProcessId, none.Message);
        }
    }

    private Client ClientOf(ClientConnection connection)
    {
        ClientIdentity identity = new(connection.Peer.Pid, ProcStat.ReadStartTime(connection.Peer.Pid));
        if (_clients.TryGetValue(identity, out Client? known))
        {
            return known;
        }

        _departures?.Cancel(identity);
        Client client = new(identity, connection.Socket.PeerPidFd(identity.ProcessId), time.GetUtcNow(), LastKnown.Of(identity.ProcessId, uid, time));
        bool wasBusy = IsBusy;
        _memorySample ??= loop.After(DaemonLimits.MemorySample, SampleMemory);
        _clients.Add(identity, client);
        if (client.PidFd is { } pidFd)
        {
            loop.Add(pidFd.Number, _ => Bury(client));
        }

        if (!wasBusy)
        {
            BusyChanged(true);
        }

        return client;
    }

    private void SampleMemory()
    {
        foreach (Client client in _clients.Values)
        {
            client.LastKnown.Sample();
        }

        _memorySample = _clients.Count > 0 ? loop.After(DaemonLimits.MemorySample, SampleMemory) : null;
    }

    private void OnRegister(
        ClientConnection connection, Client client, FrameHeader header, ReadOnlySpan<byte> payload,
        IReadOnlyList<FileDescriptor> descriptors, HashSet<FileDescriptor> unclaimed)
    {
        RegisterPayload register = RegisterPayload.Parse(payload);
        if (descriptors.Count != 1)
        {
            throw new MalformedFrameException($"Register came with {descriptors.Count} descriptors instead of one");
        }

        RegistrationReader reader = new(descriptors[0]);
        unclaimed.Remove(descriptors[0]);
        client.Registration?.Dispose();
        client.Registration = reader;
        client.Hooks |= register.Hooks;
        log().Information("Pid {Client} registered, hooks {Hooks}", client.Identity.ProcessId, client.Hooks);
        Registration registration = RegistrationOf(client);
        if (registration.Fields.ContainsKey(RegistrationFields.HeapDump))
        {
            KeepDiagnosticsSocket(client);
        }

        connection.Send(FrameType.Done, [], header.Request);
        control.Registered(registration);
    }

    private void KeepDiagnosticsSocket(Client client)
    {
        try
        {
            client.DiagnosticsSocket ??= KeptDiagnosticsSocket.Keep(client.Identity.ProcessId);
        }
        catch (Exception failure) when (failure is AttachException or SyscallException)
        {
            log().Warning("Pid {Client} wants a heap dump when it dies, and may get none: {Reason}", client.Identity.ProcessId, failure.Message);
        }
    }

    private Registration RegistrationOf(Client client)
    {
        try
        {
            return client.Registration?.Read() ?? Registration.Empty;
        }
        catch (Exception broken) when (broken is MalformedFrameException or SyscallException)
        {
            log().Warning("What pid {Client} says of itself cannot be read: {Reason}", client.Identity.ProcessId, broken.Message);
            return Registration.Empty;
        }
    }

    private void OnRequest(ClientConnection connection, FrameHeader header, ReadOnlySpan<byte> payload)
    {
        if (connection.IsAnswering)
        {
            throw new MalformedFrameException($"a frame of type {(ushort)header.Type} came before the answer to the last request");
        }

        try
        {
            switch (header.Type)
            {
                case FrameType.BlockChanged when connection.Client is not null:
                    return;
                case FrameType.GetUploads:
                    connection.Send(FrameType.Uploads, [control.GetUploads() ? (byte)1 : (byte)0], header.Request);
                    return;
                case FrameType.SetUploads when payload is [0 or 1] && connection.Client is not null:
                    control.SetUploads(payload[0] == 1);
                    break;
                case FrameType.ListUploaded when payload.Length == sizeof(uint):
                    AnswerUploaded(connection, header.Request, (int)Math.Min(BitConverter.ToUInt32(payload), int.MaxValue));
                    return;
                case FrameType.GetStatus:
                    SendInChunks(connection, header.Request, StatusJson.Encode(control.GetStatus(this)));
                    break;
                case FrameType.GetLastRun:
                    connection.Send(FrameType.LastRun, control.GetLastRun().ToBytes(), header.Request);
                    return;
                case FrameType.Note when payload.Length is > 0 and <= ProtocolLimits.MaxNoteBytes && connection.Client is { } noting:
                    log().Warning("Pid {Client} says: {Note}", noting.Identity.ProcessId, Encoding.UTF8.GetString(payload));
                    break;
                case FrameType.SubmitPending:
                    control.SubmitPending();
                    break;
                case FrameType.CaptureReport when connection.Client is { } asking:
                    OnDemand(connection, asking, header.Request, CaptureReportPayload.Parse(payload));
                    return;
                default:
                    throw new MalformedFrameException($"a frame of type {(ushort)header.Type} with {payload.Length} bytes is no request on a {connection.Role} connection");
            }
        }
        catch (Exception failure) when (IsDatabases(failure))
        {
            connection.Send(FrameType.Failed, Encoding.UTF8.GetBytes(failure.Message), header.Request);
            return;
        }

        connection.Send(FrameType.Done, [], header.Request);
    }

    private static bool IsDatabases(Exception failure) => failure is IOException or UnauthorizedAccessException or SyscallException or Reports.DatabaseException;

    private void AnswerUploaded(ClientConnection connection, uint request, int passed)
    {
        // One list for all its pieces: reading ten thousand records takes a while, and what is uploaded meanwhile must not shift it.
        if (passed > 0 && connection.Uploaded is { } begun)
        {
            SendUploaded(connection, request, begun.Skip(passed));
            connection.Send(FrameType.Done, [], request);
            return;
        }

        AnswerLater(connection, request, control.ListUploaded, reports =>
        {
            connection.Uploaded = reports;
            SendUploaded(connection, request, reports.Skip(passed));
        });
    }

    private static void SendUploaded(ClientConnection connection, uint request, IEnumerable<UploadedReportPayload> reports)
    {
        int sent = 0;
        foreach (UploadedReportPayload report in reports.Take(ProtocolLimits.MaxUploadedReportsPerAnswer))
        {
            connection.Send(FrameType.UploadedReport, report.ToBytes(), request);
            sent++;
        }

        connection.Uploaded = sent == 0 ? null : connection.Uploaded;
    }

    /// <summary>Answers with what is read of the database on another thread: a notice must not wait behind ten thousand records.</summary>
    private void AnswerLater<T>(ClientConnection connection, uint request, Func<T> read, Action<T> answer)
    {
        connection.IsAnswering = true;
        Task.Run(() =>
        {
            try
            {
                T result = read();
                loop.Post(() => Finish(connection, () =>
                {
                    answer(result);
                    connection.Send(FrameType.Done, [], request);
                }));
            }
            catch (Exception failure) when (IsDatabases(failure))
            {
                loop.Post(() => Finish(connection, () => connection.Send(FrameType.Failed, Encoding.UTF8.GetBytes(failure.Message), request)));
            }
            catch (Exception fault)
            {
                log().Error(fault, "Pid {Client} gets no answer, by a fault of this handler", connection.Peer.Pid);
                loop.Post(() => Drop(connection));
            }
        });
    }

    private void Finish(ClientConnection connection, Action send)
    {
        connection.IsAnswering = false;
        if (!_connections.Contains(connection))
        {
            return;
        }

        try
        {
            send();
        }
        catch (SyscallException gone)
        {
            log().Debug("Connection of pid {Client} ended: {Reason}", connection.Peer.Pid, gone.Message);
            Drop(connection);
        }
    }

    private static void SendInChunks(ClientConnection connection, uint request, ReadOnlySpan<byte> document)
    {
        while (!document.IsEmpty)
        {
            int length = Math.Min(document.Length, ProtocolLimits.MaxPayloadBytes);
            connection.Send(FrameType.StatusChunk, document[..length], request);
            document = document[length..];
        }
    }

    private void OnCrashFrame(ClientConnection connection, FrameHeader header, ReadOnlySpan<byte> payload, ReceivedPacket packet, HashSet<FileDescriptor> unclaimed)
    {
        if (header.Type == FrameType.HandedOver)
        {
            OnHandedOver(connection, payload, packet, unclaimed);
            return;
        }

        if (header.Type != FrameType.Notice)
        {
            throw new MalformedFrameException($"a crash connection sent {header.Type} instead of {FrameType.Notice}");
        }

        CrashNotice.Parse(payload);
        if (packet.Sender is not { } credentials || credentials.Uid != uid)
        {
            throw new MalformedFrameException("the notice has no credentials of this user");
        }

        // A forked child writes on its parent's socket: believed is who sent it, not who once connected.
        Client client = connection.Client!;
        ClientIdentity identity = credentials.Pid == client.Identity.ProcessId
            ? client.Identity
            : new ClientIdentity(credentials.Pid, ProcStat.ReadStartTime(credentials.Pid));
        Passed(CrashStep.NoticeReceived);
        bool isNew = !_deaths.TryGetValue(identity, out CaptureJob? job);
        if (job is null)
        {
            job = new CaptureJob(identity, payload.ToArray(), client.Registration?.Duplicate(), client.Hooks);
            job.AskForMemory = () => AskForMemory(job);
            _deaths.Add(identity, job);
            log().Information("Pid {Client} dies", identity.ProcessId);
        }

        // Before the capture begins: who is stopped between the two must not hold the report of a client that has no Taken. Who does not take it
        // is captured all the same.
        SendOrDrop(connection, FrameType.Taken, []);
        Passed(CrashStep.Taken);
        if (isNew)
        {
            loop.After(TimeSpan.FromMilliseconds(ProtocolLimits.ProgressIntervalMilliseconds), () => Tick(job));
            Enqueue(job);
        }

        if (job.Outcome is { } outcome)
        {
            Release(connection, outcome);
        }
        else if (_connections.Contains(connection))
        {
            job.Waiting.Add(connection);
            if (job.HandOver is { IsOpen: true } asked)
            {
                // It did not wait for Taken on its other connection, where it was asked before.
                Ask(connection, asked);
            }
        }
    }

    // On a capture's thread.
    private HandedFiles AskForMemory(CaptureJob job)
    {
        HandOverRequest request = new(job.Identity.ProcessId);
        loop.Post(() =>
        {
            job.HandOver = request;
            if (job.Waiting.Count == 0 && !_clients.ContainsKey(job.Identity))
            {
                request.Fail(KilledBefore);
            }

            foreach (ClientConnection connection in job.Waiting.ToArray())
            {
                Ask(connection, request);
            }
        });
        return request.Wait(job.Waits);
    }

    private void Ask(ClientConnection connection, HandOverRequest request)
    {
        connection.HandOver = request;
        SendOrDrop(connection, FrameType.HandOver, []);
    }

    private static void OnHandedOver(ClientConnection connection, ReadOnlySpan<byte> payload, ReceivedPacket packet, HashSet<FileDescriptor> unclaimed)
    {
        if (connection.HandOver is not { } asked || packet.Sender?.Pid != asked.ProcessId)
        {
            throw new MalformedFrameException("HandedOver came from a process that was not asked for it");
        }

        // One that comes too late, or a second one, is closed.
        if (asked.TryAnswer(HandedFiles.Take(payload, packet.Descriptors)))
        {
            unclaimed.Clear();
        }
    }

    private void OnDemand(ClientConnection connection, Client client, uint request, CaptureReportPayload asked)
    {
        if (_deaths.ContainsKey(client.Identity))
        {
            connection.Send(FrameType.Failed, "this process is dying, and is reported as such"u8, request);
            return;
        }

        connection.IsAnswering = true;
        CaptureJob job = new(client.Identity, notice: null, client.Registration?.Duplicate(), client.Hooks)
        {
            Demand = new CaptureDemand(connection, request, asked.ThreadId, asked.Reason),
        };
        _demands.Add(job);
        loop.After(TimeSpan.FromMilliseconds(ProtocolLimits.ProgressIntervalMilliseconds), () => Tick(job));
        Enqueue(job);
    }

    private void Enqueue(CaptureJob job) => (_workers ??= new CaptureWorkers(Capture, Complete, loop, time, log)).Enqueue(job);

    private void Answer(CaptureDemand demand, ReleaseOutcome outcome) => Finish(demand.Connection, () =>
    {
        if (outcome == ReleaseOutcome.Reported)
        {
            demand.Connection.Send(FrameType.Done, demand.ReportId.ToByteArray(), demand.Request);
        }
        else
        {
            demand.Connection.Send(FrameType.Failed, Encoding.UTF8.GetBytes(demand.Problem ?? "a fault of this handler, which its log describes"), demand.Request);
        }
    });

    private void Tick(CaptureJob job)
    {
        if (job.Outcome is not null)
        {
            return;
        }

        loop.After(TimeSpan.FromMilliseconds(ProtocolLimits.ProgressIntervalMilliseconds), () => Tick(job));
        if (job.IsStuck(time))
        {
            log().Fatal("The capture of pid {Client} made no progress for {Limit}; this handler ends itself", job.Identity.ProcessId, DaemonLimits.CaptureWatchdog);
            control.EndAtOnce();
        }

        foreach (ClientConnection connection in job.Waiting.ToArray())
        {
            SendOrDrop(connection, FrameType.Progress, []);
        }
    }

    private void Complete(CaptureJob job, ReleaseOutcome outcome)
    {
        Passed(CrashStep.LetGo);
        job.Outcome = outcome;
        control.Captured();
        job.Registration?.Dispose();
        if (outcome == ReleaseOutcome.Reported)
        {
            Captured++;
        }
        else if (job.Demand is null)
        {
            Lost++;
        }

        if (job.Failure is { } failure)
        {
            CaptureFailed($"no report of pid {job.Identity.ProcessId}: {failure}");
        }

        if (_demands.Remove(job))
        {
            Answer(job.Demand!, outcome);
        }

        foreach (ClientConnection connection in job.Waiting.ToArray())
        {
            Release(connection, outcome);
        }

        job.Waiting.Clear();
        if (job.Demand is null && !_clients.ContainsKey(job.Identity))
        {
            _deaths.Remove(job.Identity);
        }

        if (!IsBusy)
        {
            BusyChanged(false);
        }
    }

    private void Release(ClientConnection connection, ReleaseOutcome outcome)
        => SendOrDrop(connection, FrameType.Release, BitConverter.GetBytes((uint)outcome));

    private void SendOrDrop(ClientConnection connection, FrameType type, ReadOnlySpan<byte> payload)
    {
        try
        {
            connection.Send(type, payload);
        }
        catch (SyscallException gone)
        {
            log().Debug("Pid {Client} did not take {Frame}: {Reason}", connection.Peer.Pid, type, gone.Message);
            Drop(connection);
        }
    }

    private void Refuse(ClientConnection connection, RefusalReason reason, string text)
    {
        if (!_connections.Contains(connection))
        {
            return;
        }

        Refused++;
        log().Warning("Connection of pid {Client} refused: {Reason}", connection.Peer.Pid, text);
        byte[] payload = [(byte)reason, 0, .. Encoding.UTF8.GetBytes(text)];
        SendOrDrop(connection, FrameType.Refusal, payload);
        Drop(connection);
    }

    private void Drop(ClientConnection connection)
    {
        if (!_connections.Remove(connection))
        {
            return;
        }

        loop.Remove(connection.Socket.Number);
        if (connection.Client is { } client)
        {
            client.Connections.Remove(connection);
            foreach (CaptureJob job in _deaths.Values)
            {
                job.Waiting.Remove(connection);
            }

            // execve closes the connections of a process that lives on: it is no client any more, but it is not dead either.
            if (client.Connections.Count == 0)
            {
                Forget(client);
            }
        }

        connection.Dispose();
    }

    /// <summary>The kernel says that the process is dead; forks may hold its connections open.</summary>
    private void Bury(Client client)
    {
        if (_deaths.TryGetValue(client.Identity, out CaptureJob? job))
        {
            job.HandOver?.Fail(KilledBefore);
        }

        foreach (ClientConnection connection in client.Connections.ToArray())
        {
            // What it said before its end counts: a notice most of all.
            OnReadable(connection);
            Drop(connection);
        }

        Forget(client);
    }

    private void Forget(Client client)
    {
        if (!_clients.Remove(client.Identity))
        {
            return;
        }

        if (client.PidFd is { } pidFd)
        {
            loop.Remove(pidFd.Number);
        }

        if (!_deaths.TryGetValue(client.Identity, out CaptureJob? job))
        {
            Registration registration = RegistrationOf(client);
            client.LastKnown.SeeEnd(client.Identity.StartTime);
            if (!_isClosed && !registration.Says(RegistrationFields.Ended) && !client.LastKnown.IsAnothers && (_departures ??= new Departures(loop, TellsExitStatus, Departed, log)).TryTake(client))
            {
                return;
            }

            control.Gone(registration);
        }
        else if (job.Outcome is not null)
        {
            _deaths.Remove(client.Identity);
        }

        client.Dispose();
        if (!IsBusy)
        {
            BusyChanged(false);
        }
    }

    /// <summary>A client that told of no death is dead: how it ended makes it a report, or none.</summary>
    private void Departed(Client client, int? waitStatus)
    {
        Registration registration = RegistrationOf(client);
        long? oomKills = client.LastKnown.OomKills();
        AbnormalEnd? end = AbnormalEnd.Of(waitStatus, _deaths.ContainsKey(client.Identity), registration.Says(RegistrationFields.Ended), oomKills);
        if (end is null)
        {
            control.Gone(registration);
        }
        else
        {
            log().Information("Pid {Client} ended without a notice: {Reason}", client.Identity.ProcessId, end.Reason);
            CaptureJob job = new(client.Identity, notice: null, client.Registration, client.Hooks)
            {
                Ended = new EndedProcess(end, waitStatus, oomKills, client.LastKnown, time.GetUtcNow()),
            };
            // The job's now.
            client.Registration = null;
            _deaths.Add(client.Identity, job);
            loop.After(TimeSpan.FromMilliseconds(ProtocolLimits.ProgressIntervalMilliseconds), () => Tick(job));
            Enqueue(job);
        }

        client.Dispose();
        if (!IsBusy)
        {
            BusyChanged(false);
        }
    }
}
