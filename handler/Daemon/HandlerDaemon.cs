using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Reports;
using CrashHandler.Handler.Upload;
using CrashHandler.Protocol;
using Serilog;

namespace CrashHandler.Handler.Daemon;

/// <summary>The handler: one event loop with its sessions, the capture threads, and the upload queue. Its life from start to idle exit.</summary>
internal sealed class HandlerDaemon : IControlRequests, IDisposable
{
    /// <summary>Exit code of a handler that ends itself because a capture is stuck: EX_SOFTWARE of sysexits.h.</summary>
    public const int ExitStuck = 70;

    private readonly RunOptions _options;
    private readonly TimeProvider _time = TimeProvider.System;
    private readonly DateTimeOffset _since;
    private readonly ReportDatabase _database;
    private readonly HandlerSocket _socket;
    private readonly EventLoop _loop;
    private readonly Sessions _sessions;
    private readonly Lazy<ILogger> _log;
    private readonly CancellationTokenSource _stopping = new();
    private readonly UploadQueue _queue;
    private readonly RecentErrors _errors;
    private HandlerRun? _run;
    private DatabaseWatch? _watch;
    private readonly ReportDelivery _handlers;
    private volatile ReportDelivery _mains;
    private volatile bool _mainSanitizes;
    private EventLoop.Timer? _idleExit;
    private long _idleSince;
    private EventLoop.Timer? _trim;
    private EventLoop.Timer? _wake;
    private bool _isShuttingDown;

    private HandlerDaemon(RunOptions options)
    {
        _options = options;
        _since = _time.GetUtcNow();
        Malloc.ShareOneArena();
        PosixFiles.SetPrivateUmask();
        ProcessLimits.IgnoreFileSizeSignal();
        _database = ReportDatabase.Create(options.Database);
        if (options.Uploads is bool uploads)
        {
            _database.Settings.SetUploads(uploads);
        }

        _socket = HandlerSocket.Open(AddressFor(options), _database.Path, options.Url, _time, options.Served.HasOthers);
        _log = new Lazy<ILogger>(() => HandlerLog.Open(_database.Path));
        if (options.ReadyFd is not null)
        {
            // Started by an application, and not by an operator, whose own choice would stand.
            OomScore.Reset(message => _log.Value.Warning("{Reason}", message));
        }

        _errors = new RecentErrors(_time);
        Retention retention = new(_database, options.Retention, _time, finding => _log.Value.Information("{Finding}", finding), step => options.FailSpot?.Pass(step));
        _queue = new UploadQueue(_database, options.Url, _time, _log, retention: retention)
        {
            OnError = message => _errors.Add(ErrorKind.Upload, message),
            // What sending needed is given back, too.
            OnRest = () => _loop!.Post(TrimLater),
        };
        _loop = new EventLoop(_time);
        _mains = _handlers = new ReportDelivery(options.Url?.AbsoluteUri, Compress: options.CompressUploads, RateLimit: options.RateLimit);
        CrashRecorder recorder = new(_database, options, _time, _log)
        {
            DeliveryOf = DeliveryOf,
            IsSanitized = IsSanitized,
            WhenUploaded = _queue.WhenSettledAsync,
            HeapDumps = new HeapDumper(_database, _log),
            WalkFailed = message => _errors.Add(ErrorKind.Walk, message),
        };
        // The guid of a new database is made, and synced, when the first client is welcomed: until then nobody needs it.
        Welcome Greet() => new(Environment.ProcessId, recorder.ClientId(), _database.Path, options.Url?.AbsoluteUri, HandlerVersion.Text);
        _sessions = new Sessions(_loop, _socket.Listener, this, Greet, PosixFiles.UserId(), _time, () => _log.Value, PeerAccounts.ConnectionsFor(ProcessLimits.RaiseOpenFiles()))
        {
            Capture = recorder.Capture,
            Database = _database.Path,
            Served = options.Served,
            CaptureFailed = message => _errors.Add(ErrorKind.Capture, message),
            BusyChanged = OnBusyChanged,
            Passed = step => options.FailSpot?.Pass(step),
            TellsExitStatus = options.TellsExitStatus,
        };
    }

    /// <summary>Runs the handler until it ends.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="DaemonException">It cannot run; the ready line said so too.</exception>
    public static int Run(RunOptions options)
    {
        ReadyLine ready = new(options.ReadyFd);
        HandlerDaemon daemon;
        try
        {
            daemon = new HandlerDaemon(options);
        }
        catch (AddressHeldException held)
        {
            ready.Say($"held {held.ProcessId} {held.Address}");
            throw;
        }
        catch (Exception failure)
        {
            ready.Say($"failed {failure.Message}");
            throw;
        }

        using (daemon)
        {
            daemon._sessions.Open();
            ready.Say($"ready {Environment.ProcessId} {daemon._socket.Path}");
            daemon.Live();
        }

        return Cli.CommandLine.Done;
    }

    public void Registered(Registration registration)
    {
        if (registration.Says(RegistrationFields.MainProcess))
        {
            // One with another URL than the handler's is not the main process of those who name none.
            _mainSanitizes = registration.Says(RegistrationFields.SanitizeStacks);
            ReportDelivery mains = DeliveryOf(registration);
            _mains = _handlers.Url is null || mains.Url == _handlers.Url ? mains : _mains;
            Try(_database.Settings.BeginRun);
        }

        // Not now: a process waits for its answer to go on with its own start.
        TrimLater();
    }

    public void Gone(Registration registration)
    {
        if (registration.Says(RegistrationFields.MainProcess) && registration.Says(RegistrationFields.Ended))
        {
            Try(_database.Settings.EndRun);
        }
    }

    public LastRunPayload GetLastRun()
    {
        (bool hasCrashed, int crashesInARow) = _database.Settings.LastRun;
        return new LastRunPayload(hasCrashed, crashesInARow);
    }

    public void Captured()
    {
        TrimLater();
        // The watch of the database says the same where there is one.
        WakeQueue();
    }

    public bool GetUploads() => _database.Settings.Uploads;

    public void SetUploads(bool upload)
    {
        _database.Settings.SetUploads(upload);
        _queue.Wake();
    }

    public IReadOnlyList<UploadedReportPayload> ListUploaded() =>
    [
        .. _database.ReadCompleted()
            .Where(report => report.State == ReportState.Uploaded)
            .Select(report => new UploadedReportPayload(report.Created, report.ServerAnswer ?? report.ServerId ?? ""))
            .OrderByDescending(report => report.Date),
    ];

    public void SubmitPending() => _queue.Wake();

    public StatusDocument GetStatus(Sessions sessions)
    {
        List<Client> clients = [.. sessions.Clients];
        clients.Sort((one, other) => one.Since.CompareTo(other.Since));
        List<StatusClient> described = new(clients.Count);
        foreach (Client client in clients)
        {
            described.Add(Describe(client));
        }

        UploadPermission permission = PermissionNow();
        UploadQueueStatus queue = _queue.Status;
        return new StatusDocument
        {
            HandlerPid = Environment.ProcessId,
            Version = HandlerVersion.Text,
            Since = _since,
            Database = _database.Path,
            Address = _socket.Path,
            Url = _options.Url is null ? null : UrlRedaction.Redact(_options.Url),
            Persistent = _options.IsPersistent,
            Uploads = permission != UploadPermission.Off,
            Paused = permission == UploadPermission.Paused,
            Clients = described,
            Waiting = queue.Waiting,
            Sending = queue.Current,
            NextAttempt = permission == UploadPermission.Off ? null : queue.NextAttempt,
            Captured = sessions.Captured,
            Lost = sessions.Lost,
            Refused = sessions.Accounts.Ended,
            Refusals = sessions.Accounts.Ends,
            Attempts = queue.Attempts,
            Uploaded = queue.Uploaded,
            Failed = queue.Failed,
            LastUploadError = queue.LastError,
            LastErrors = _errors.List(),
        };
    }

    public void EndAtOnce() => Libc._exit(ExitStuck);

    public void Dispose()
    {
        _run?.Dispose();
        _sessions.Dispose();
        _socket.Dispose();
        _loop.Dispose();
        _stopping.Dispose();
        if (_log.IsValueCreated && _log.Value is IDisposable log)
        {
            log.Dispose();
        }
    }

    // Nothing is sent until the settings can be read.
    private UploadPermission PermissionNow()
    {
        UploadPermission permission = UploadPermission.Off;
        Try(() => permission = _database.Settings.UploadPermission);
        return permission;
    }

    // What the main process keeps to itself, its children do.
    private bool IsSanitized(Registration registration) => registration.Says(RegistrationFields.SanitizeStacks) || _mainSanitizes;

    private ReportDelivery DeliveryOf(Registration registration) => DeliveryFields.Of(registration, _handlers, _mains);

    private static string AddressFor(RunOptions options) => options.Pipe is not null ? Path.GetFullPath(options.Pipe) : HandlerAddress.Of(options.Database);

    private void Live()
    {
        using StopSignals signals = new(() => _loop.Post(ShutDown));
        if (!_sessions.IsBusy)
        {
            OnBusyChanged(false);
        }

        Attend();
        _database.Remade = finding =>
        {
            _log.Value.Warning("{Finding}", finding);
            _errors.Add(ErrorKind.Capture, finding);
            _loop.Post(Attend);
        };
        _queue.Start(_stopping.Token);
        TrimNow();
        _loop.Run();
        _watch?.Dispose();
        _stopping.Cancel();
        _queue.Finished.Wait(DaemonLimits.Shutdown);
        if (_log.IsValueCreated)
        {
            _log.Value.Information("Ends: {Captured} captured, {Lost} lost", _sessions.Captured, _sessions.Lost);
        }
    }

    /// <summary>Notes in the directory that this handler lives, and watches it; again when it was made anew.</summary>
    private void Attend()
    {
        _run?.Dispose();
        _watch?.Dispose();
        (_run, _watch) = (null, null);
        Try(() => _run = HandlerRun.Begin(_database.Path, _socket.Path, death => _log.Value.Warning("Handler {Pid} of this database ended out of order: it was killed, or crashed", death.ProcessId)));
        Try(() => _watch = DatabaseWatch.Start(_loop, _database.WorkDirectories, ReportDatabase.IsWork, WakeQueue));
    }

    // What is worth less than the handler's life.
    private void Try(Action action)
    {
        try
        {
            action();
        }
        catch (Exception failure) when (failure is DatabaseException or SyscallException or IOException or UnauthorizedAccessException)
        {
            _log.Value.Warning("{Reason}", failure.Message);
        }
    }

    private void WakeQueue() => _wake ??= _loop.After(DaemonLimits.QueueDelay, () =>
    {
        _wake = null;
        _queue.Wake();
    });

    private void TrimNow()
    {
        Trim();
        TrimLater();
    }

    private void Trim()
    {
        try
        {
            WorkingSet.Trim();
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            // It costs memory and nothing else.
            _log.Value.Debug("Memory was not given back: {Reason}", unreadable.Message);
        }
    }

    /// <summary>When nothing came for a while: the queue, a capture and a client's next requests touch some of it again.</summary>
    private void TrimLater()
    {
        _trim?.Cancel();
        _trim = _loop.After(DaemonLimits.TrimDelay, Trim);
    }

    private void OnBusyChanged(bool isBusy)
    {
        _idleExit?.Cancel();
        _idleSince = _time.GetTimestamp();
        _idleExit = isBusy || _options.IsPersistent ? null : _loop.After(DaemonLimits.IdleExit, EndIdle);
        if (!isBusy && _isShuttingDown)
        {
            _loop.Stop();
        }
    }

    private void EndIdle()
    {
        // An upload that is cut off is sent anew by every handler that comes, and cut off by each.
        if (_queue.Status.Current is not null && _time.GetElapsedTime(_idleSince) < DaemonLimits.IdleExit + DaemonLimits.LastUpload)
        {
            _idleExit = _loop.After(DaemonLimits.LastUploadLook, EndIdle);
            return;
        }

        _socket.Unlink();
        _sessions.Close();
        _loop.Stop();
    }

    private void ShutDown()
    {
        _isShuttingDown = true;
        _socket.Unlink();
        _sessions.Close();
        // Who is held until his upload is let go: it goes on with the next handler.
        _stopping.Cancel();
        if (!_sessions.HasJobs)
        {
            _loop.Stop();
            return;
        }

        _loop.After(DaemonLimits.Shutdown, () =>
        {
            _sessions.GiveUp();
            _loop.Stop();
        });
    }

    private static StatusClient Describe(Client client)
    {
        Registration registration;
        try
        {
            registration = client.Registration?.Read() ?? Registration.Empty;
        }
        catch (Exception broken) when (broken is MalformedFrameException or SyscallException)
        {
            registration = new Registration(new Dictionary<string, string> { [RegistrationFields.ProcessType] = $"(unreadable: {broken.Message})" }, new Dictionary<string, string>());
        }

        return new StatusClient
        {
            Pid = client.Identity.ProcessId,
            Since = client.Since,
            ProcessType = registration.Fields.GetValueOrDefault(RegistrationFields.ProcessType) ?? UnsaidProcessType.Read(client.Identity.ProcessId, client.Identity.ProcessId),
            Product = registration.Fields.GetValueOrDefault(RegistrationFields.ProductName),
            Hooks = client.Hooks.ToString(),
            Missing = client.Missing.ToString(),
        };
    }
}
