using System.Text;
using CrashHandler.Handler.Posix;
using CrashHandler.Protocol;
using Serilog;

namespace CrashHandler.Handler.Daemon;

/// <summary>
/// All connections and what they ask (protocol/README.md, "The dialogues"). On the event loop's thread only. Every client is taken for
/// hostile: what it sends can end its own connection, and nothing else.
/// </summary>
internal sealed partial class Sessions(
    EventLoop loop, SeqPacketSocket listener, IControlRequests control, Func<Welcome> welcome, uint uid, TimeProvider time, Func<ILogger> log, int maxConnections = DaemonLimits.MaxConnections)
    : IDisposable
{
    private static readonly string TooManyReports =
        $"this process has had {DaemonLimits.ReportsAtOnce} reports made in a short time, and after that has {DaemonLimits.ReportsPerSecond} in a second";

    private readonly HashSet<ClientConnection> _connections = [];
    private readonly Dictionary<ClientIdentity, Client> _clients = [];
    private readonly Dictionary<ClientIdentity, CaptureJob> _deaths = [];
    private readonly HashSet<CaptureJob> _demands = [];
    private readonly PeerAccounts _accounts = new(maxConnections, time, log);
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

    /// <summary>The database, by the path that clients are told; null: a test's.</summary>
    public string? Database { get; init; }

    /// <summary>Whose processes are served, besides those of this handler's user.</summary>
    public ServedUsers Served { get; init; } = ServedUsers.OwnOnly;

    /// <summary>Told of each death of which no report could be made, in words.</summary>
    public Action<string> CaptureFailed { get; init; } = _ => { };

    /// <summary>Processes connected.</summary>
    public IReadOnlyCollection<Client> Clients => _clients.Values;

    /// <summary>Whether a client is connected or a capture is in hand.</summary>
    public bool IsBusy => _clients.Count > 0 || HasJobs;

    /// <summary>Whether a capture is in hand, or a client about to end.</summary>
    public bool HasJobs => _demands.Count > 0 || _departures is { EndingCount: > 0 } || _deaths.Values.Any(job => job.Outcome is null);

    /// <summary>Deaths and demands of which a report was made.</summary>
    public int Captured { get; private set; }

    /// <summary>Deaths of which none could be made.</summary>
    public int Lost { get; private set; }

    /// <summary>Connections that were ended, and why: what became of every one that did not end itself.</summary>
    public PeerAccounts Accounts => _accounts;

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

    /// <summary>Lets go of what captures in hand hold, which are not waited for: this handler ends.</summary>
    public void GiveUp() => LetGoBeforeEnd();

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
            // Who comes in numbers waits while the others are served.
            for (int accepted = 0; accepted < DaemonLimits.AcceptsPerTurn && listener.Accept() is { } socket; accepted++)
            {
                Accept(socket);
            }
        }
        catch (SyscallException exhausted)
        {
            // No descriptor left, most likely: whoever waits goes on waiting, and is not asked about a thousand times a second.
            if (_accounts.MayLog())
            {
                log().Error("Nobody is accepted for {Seconds} s: {Reason}", DaemonLimits.AcceptPause.TotalSeconds, exhausted.Message);
            }

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

        ClientConnection connection = new(socket, peer, _accounts.Enter(peer.Pid, out string? refusal));
        _connections.Add(connection);
        if (refusal is not null)
        {
            Refuse(connection, ConnectionEnd.TooMany, refusal);
            return;
        }

        try
        {
            loop.Add(socket.Number, _ => OnReadable(connection));
        }
        catch (SyscallException)
        {
            Drop(connection);
            throw;
        }

        connection.Deadline = loop.After(
            TimeSpan.FromMilliseconds(ProtocolLimits.HelloLimitMilliseconds),
            () => Refuse(connection, ConnectionEnd.Silent, $"no Hello within {ProtocolLimits.HelloLimitMilliseconds} ms"));
    }

    /// <summary>One turn of a connection: what it has not come to is called again, after the others.</summary>
    private void OnReadable(ClientConnection connection)
    {
        if (_accounts.Pause(connection.Account) is { Ticks: > 0 } pause)
        {
            Pause(connection, pause);
            return;
        }

        long began = time.GetTimestamp();
        for (int packets = 0; packets < DaemonLimits.PacketsPerTurn && _connections.Contains(connection) && time.GetElapsedTime(began) < DaemonLimits.Turn; packets++)
        {
            long came = time.GetTimestamp();
            if (!OnReadableOnce(connection))
            {
                break;
            }

            _accounts.Charge(connection.Account, time.GetElapsedTime(came));
        }
    }

    /// <summary>Who has had more than its share is read again when the others have had theirs: what it sends waits in its socket.</summary>
    private void Pause(ClientConnection connection, TimeSpan pause)
    {
        loop.Remove(connection.Socket.Number);
        loop.After(pause, () =>
        {
            if (_connections.Contains(connection))
            {
                loop.Add(connection.Socket.Number, _ => OnReadable(connection));
            }
        });
    }

    /// <returns>False: there was nothing.</returns>
    private bool OnReadableOnce(ClientConnection connection)
    {
        try
        {
            ReceivedPacket? packet = connection.Socket.Receive(_buffer);
            if (packet is null)
            {
                return false;
            }

            // An empty packet has a sender, the end has none.
            if (packet is { Length: 0, Sender: null })
            {
                Drop(connection);
                return false;
            }

            OnPacket(connection, packet);
        }
        catch (ProtocolVersionException other)
        {
            Refuse(connection, ConnectionEnd.Version, other.Message);
        }
        catch (MalformedFrameException nonsense)
        {
            Refuse(connection, ConnectionEnd.Malformed, nonsense.Message);
        }
        catch (SyscallException failure)
        {
            EndBroken(connection, failure);
        }
        catch (Exception unexpected)
        {
            // One client must never end the handler of all others, whatever it found to break.
            EndFaulty(connection, unexpected);
        }

        return true;
    }

    private void EndBroken(ClientConnection connection, SyscallException failure)
    {
        if (failure.Errno is Libc.EPIPE or Libc.ECONNRESET)
        {
            log().Debug("Connection of pid {Client} ended: {Reason}", connection.Peer.Pid, failure.Message);
            Drop(connection);
        }
        else if (failure.Errno == Libc.EAGAIN)
        {
            Refuse(connection, ConnectionEnd.Unread, "it does not read what it is answered");
        }
        else
        {
            Refuse(connection, ConnectionEnd.Fault, $"this handler lacks something: {failure.Message}");
        }
    }

    private void EndFaulty(ClientConnection connection, Exception unexpected)
    {
        if (_accounts.MayLog())
        {
            log().Error(unexpected, "Connection of pid {Client} ended by a fault of this handler", connection.Peer.Pid);
        }

        Refuse(connection, ConnectionEnd.Fault, "a fault of this handler");
    }

    private void OnPacket(ClientConnection connection, ReceivedPacket packet)
    {
        // Whoever does not keep a descriptor must close it: a client must not fill our table.
        HashSet<FileDescriptor> unclaimed = [.. packet.Descriptors];
        try
        {
            if (packet.LostDescriptors)
            {
                throw new SyscallException("recvmsg", Libc.EMFILE, "SCM_RIGHTS");
            }

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
                ForeignDescriptor.Close(descriptor);
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
        // Who inspects is its own user, or root: the others' processes are none of a served user's business.
        if (isInspector ? connection.Peer.Uid != uid && connection.Peer.Uid != 0 : !Served.Includes(uid, connection.Peer.Uid))
        {
            Refuse(connection, ConnectionEnd.OtherUser, $"this handler does not serve {PosixFiles.Describe(connection.Peer.Uid)}");
            return;
        }

        if (!Enum.IsDefined(hello.Role))
        {
            throw new MalformedFrameException($"Hello has the unknown role {(ushort)hello.Role}");
        }

        connection.Deadline?.Cancel();
        connection.Role = hello.Role;
        if (isInspector)
        {
            if (_accounts.EnterInspector() is { } refusal)
            {
                Refuse(connection, ConnectionEnd.TooMany, refusal);
                return;
            }

            connection.Deadline = loop.After(DaemonLimits.InspectorStay, () => Refuse(connection, ConnectionEnd.Silent, $"an inspector stays for {DaemonLimits.InspectorStay.TotalSeconds} s"));
        }
        else
        {
            Client client = ClientOf(connection);
            connection.Client = client;
            client.Connections.Add(connection);
            client.Hooks |= hello.Hooks;
            if (hello.Role == ConnectionRole.Crash && client.Registration is null && descriptors is [FileDescriptor block])
            {
                TakeBlock(client, block, unclaimed, connection.Account);
            }
        }

        connection.Send(FrameType.Welcome, welcome().ToBytes(), header.Request);
    }

    /// <summary>
    /// The block of a process that registered with another handler, which is gone. What is none is no reason to refuse: the process may be dying, and
    /// the number of its block be another file's.
    /// </summary>
    private void TakeBlock(Client client, FileDescriptor block, HashSet<FileDescriptor> unclaimed, PeerAccount account)
    {
        try
        {
            client.Registration = new RegistrationReader(block);
            unclaimed.Remove(block);
        }
        catch (MalformedFrameException none)
        {
            if (_accounts.MayLog(account, LogTopic.Block))
            {
                log().Warning("Pid {Client} is known without its parameters: {Reason}", client.Identity.ProcessId, none.Message);
            }
        }
    }

    private Client ClientOf(ClientConnection connection)
    {
        ClientIdentity identity = ClientIdentity.Of(connection.Peer.Pid);
        if (_clients.TryGetValue(identity, out Client? known))
        {
            return known;
        }

        _departures?.Cancel(identity);
        Libc.UCred? guest = IsOwn(connection) ? null : connection.Peer;
        Client client = new(identity, connection.Socket.PeerPidFd(identity.ProcessId), time.GetUtcNow(), LastKnown.Of(identity.ProcessId, guest?.Uid ?? uid, time)) { Guest = guest };
        bool wasBusy = IsBusy;
        _memorySample ??= loop.After(DaemonLimits.MemorySample, SampleMemory);
        try
        {
            if (client.PidFd is { } pidFd)
            {
                loop.Add(pidFd.Number, _ => Bury(client));
            }
        }
        catch (SyscallException)
        {
            client.Dispose();
            throw;
        }

        _clients.Add(identity, client);

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

        bool hasDisconnected = _departures?.Sample() == true;
        _memorySample = _clients.Count > 0 || hasDisconnected ? loop.After(DaemonLimits.MemorySample, SampleMemory) : null;
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
        client.Missing = client.Hooks.HasFlag(Hooks.DotNet) ? MissingHooks.Of(client.Hooks, register.Options.HasFlag(RegisterOptions.IgnoreSystemCrashHandler)) : Hooks.None;
        if (_accounts.MayLog(connection.Account, LogTopic.Registered))
        {
            log().Information("Pid {Client} registered, hooks {Hooks}", client.Identity.ProcessId, client.Hooks);
            foreach (string missing in MissingHooks.Describe(client.Missing))
            {
                log().Warning("Pid {Client}: {Missing}", client.Identity.ProcessId, missing);
            }
        }

        Registration registration = RegistrationOf(client);
        if (registration.Fields.ContainsKey(RegistrationFields.HeapDump))
        {
            KeepDiagnosticsSocket(client, connection.Account);
        }

        connection.Send(FrameType.Done, [], header.Request);
        if (IsOwn(connection))
        {
            control.Registered(registration);
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
            if (_accounts.MayLog(client.Identity.ProcessId, LogTopic.Block))
            {
                log().Warning("What pid {Client} says of itself cannot be read: {Reason}", client.Identity.ProcessId, broken.Message);
            }

            return Registration.Empty;
        }
    }

    private void OnRequest(ClientConnection connection, FrameHeader header, ReadOnlySpan<byte> payload)
    {
        if (connection.IsAnswering)
        {
            throw new MalformedFrameException($"a frame of type {(ushort)header.Type} came before the answer to the last request");
        }

        if (!IsOwn(connection) && header.Type is FrameType.SetUploads or FrameType.ListUploaded or FrameType.GetStatus or FrameType.SubmitPending)
        {
            connection.Send(FrameType.Failed, Encoding.UTF8.GetBytes($"that is for {PosixFiles.Describe(uid)}, whose handler this is"), header.Request);
            return;
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
                    if (!connection.Account.Notes.TryTake(_accounts.Now) || !_accounts.MayLog())
                    {
                        connection.Send(FrameType.Failed, "the log takes no more notes of this process now"u8, header.Request);
                        return;
                    }

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

    // What one system's clients say, and are asked, beyond the rest: each has its part of this class.

    /// <summary>Checks a notice.</summary>
    /// <exception cref="MalformedFrameException">It is none.</exception>
    static partial void RequireNotice(ReadOnlySpan<byte> payload);

    /// <summary>A frame of a crash connection that only this system has.</summary>
    partial void OnOwnFrame(
        ClientConnection connection, FrameHeader header, ReadOnlySpan<byte> payload, ReceivedPacket packet, HashSet<FileDescriptor> unclaimed, ref bool isTaken);

    /// <summary>A death is told, and not yet in hand.</summary>
    partial void Begins(CaptureJob job);

    /// <summary>A connection waits for a death's report.</summary>
    partial void Waits(ClientConnection connection, CaptureJob job);

    /// <summary>A process that has told of its death is dead.</summary>
    static partial void Dies(CaptureJob job);

    /// <summary>This handler ends itself with processes in hand.</summary>
    partial void LetGoBeforeEnd();

    /// <summary>A process wants a heap dump when it dies.</summary>
    partial void KeepDiagnosticsSocket(Client client, PeerAccount account);

    // What it says holds for the database, or for other processes.
    private bool IsOwn(ClientConnection connection) => connection.Peer.Uid == uid || connection.Role == ConnectionRole.Inspector;

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
                loop.Post(() => EndFaulty(connection, fault));
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
        catch (SyscallException failure)
        {
            EndBroken(connection, failure);
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
        bool isTaken = false;
        OnOwnFrame(connection, header, payload, packet, unclaimed, ref isTaken);
        if (isTaken)
        {
            return;
        }

        if (header.Type != FrameType.Notice)
        {
            throw new MalformedFrameException($"a crash connection sent {header.Type} instead of {FrameType.Notice}");
        }

        RequireNotice(payload);
        if (packet.Sender is not { } credentials || credentials.Uid != connection.Peer.Uid)
        {
            throw new MalformedFrameException("the notice has no credentials of the user who connected");
        }

        // A forked child writes on its parent's socket: believed is who sent it, not who once connected.
        Client client = connection.Client!;
        ClientIdentity identity = credentials.Pid == client.Identity.ProcessId
            ? client.Identity
            : ClientIdentity.Of(credentials.Pid);
        Passed(CrashStep.NoticeReceived);
        bool isNew = !_deaths.TryGetValue(identity, out CaptureJob? job);
        if (job is null)
        {
            if (!connection.Account.Reports.TryTake(_accounts.Now))
            {
                TurnAway(connection, identity);
                return;
            }

            job = new CaptureJob(identity, payload.ToArray(), client.Registration?.Duplicate(), client.Hooks) { Guest = client.Guest };
            Begins(job);
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
            // However often it says so on one connection.
            if (!job.Waiting.Contains(connection))
            {
                job.Waiting.Add(connection);
            }

            Waits(connection, job);
        }
    }

    /// <summary>A death too many: it is let go at once, counted, and said once.</summary>
    private void TurnAway(ClientConnection connection, ClientIdentity identity)
    {
        Lost++;
        if (_accounts.MayLog(connection.Account, LogTopic.Reports))
        {
            string reason = $"no report of pid {identity.ProcessId}: {TooManyReports}";
            log().Error("{Reason}", reason);
            CaptureFailed(reason);
        }

        SendOrDrop(connection, FrameType.Taken, []);
        Release(connection, ReleaseOutcome.NotReported);
    }

    private void OnDemand(ClientConnection connection, Client client, uint request, CaptureReportPayload asked)
    {
        if (_deaths.ContainsKey(client.Identity))
        {
            connection.Send(FrameType.Failed, "this process is dying, and is reported as such"u8, request);
            return;
        }

        if (!connection.Account.Reports.TryTake(_accounts.Now))
        {
            connection.Send(FrameType.Failed, Encoding.UTF8.GetBytes(TooManyReports), request);
            return;
        }

        connection.IsAnswering = true;
        CaptureJob job = new(client.Identity, notice: null, client.Registration?.Duplicate(), client.Hooks)
        {
            Guest = client.Guest,
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
            LetGoBeforeEnd();
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
        // Its descriptor's number may be another's by now.
        if (!_connections.Contains(connection))
        {
            return;
        }

        try
        {
            connection.Send(type, payload);
        }
        catch (SyscallException failure)
        {
            EndBroken(connection, failure);
        }
    }

    private void Refuse(ClientConnection connection, ConnectionEnd end, string why)
    {
        if (!_connections.Contains(connection))
        {
            return;
        }

        _accounts.CountEnd(connection.Account, end, why);
        if (ConnectionEnds.ToldAs(end) is { } reason)
        {
            TrySend(connection, FrameType.Refusal, [(byte)reason, 0, .. Encoding.UTF8.GetBytes(why)]);
        }

        Drop(connection);
    }

    // The last that a connection hears: if it does not, it ends all the same.
    private void TrySend(ClientConnection connection, FrameType type, byte[] payload)
    {
        try
        {
            connection.Send(type, payload);
        }
        catch (SyscallException gone)
        {
            log().Debug("Pid {Client} did not take {Frame}: {Reason}", connection.Peer.Pid, type, gone.Message);
        }
    }

    private void Drop(ClientConnection connection)
    {
        if (!_connections.Remove(connection))
        {
            return;
        }

        loop.Remove(connection.Socket.Number);
        _accounts.Leave(connection.Account, connection.Role == ConnectionRole.Inspector);
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
            Dies(job);
        }

        foreach (ClientConnection connection in client.Connections.ToArray())
        {
            ReadRest(connection);
            Drop(connection);
        }

        Forget(client);
    }

    /// <summary>What a process said before it died: its notice may be there, and the kernel tells of the death first.</summary>
    private void ReadRest(ClientConnection connection)
    {
        for (int packets = 0; packets < DaemonLimits.PacketsPerTurn && _connections.Contains(connection) && OnReadableOnce(connection); packets++)
        {
        }
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
            // Of one that was gone before it was accepted nothing is known; what it told, it told another handler.
            if (!_isClosed && client.Identity.StartTime != 0 && !registration.Says(RegistrationFields.Ended) && !client.LastKnown.IsAnothers && (_departures ??= new Departures(loop, TellsExitStatus, Departed, log)).TryTake(client))
            {
                return;
            }

            SayGone(client, registration);
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

    // What a guest says of its run is nothing of the database's.
    private void SayGone(Client client, Registration registration)
    {
        if (client.Guest is null)
        {
            control.Gone(registration);
        }
    }

    /// <summary>It left for another database's handler, whose it was at its end: its block names that one.</summary>
    private bool IsElsewhere(Registration registration) => Database is not null && registration.Fields.TryGetValue(RegistrationFields.Database, out string? named) && named != Database;

    /// <summary>A client that told of no death is dead: how it ended makes it a report, or none.</summary>
    private void Departed(Client client, int? waitStatus)
    {
        Registration registration = RegistrationOf(client);
        long? oomKills = client.LastKnown.OomKills();
        AbnormalEnd? end = IsElsewhere(registration) ? null : AbnormalEnd.Of(waitStatus, _deaths.ContainsKey(client.Identity), registration.Says(RegistrationFields.Ended), oomKills);
        if (end is null)
        {
            SayGone(client, registration);
        }
        else
        {
            log().Information("Pid {Client} ended without a notice: {Reason}", client.Identity.ProcessId, end.Reason);
            CaptureJob job = new(client.Identity, notice: null, client.Registration, client.Hooks)
            {
                Guest = client.Guest,
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
