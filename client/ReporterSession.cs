using System.Globalization;
using System.Text;
using CrashHandler.Launch;
using CrashHandler.Native;
using CrashHandler.Protocol;

namespace CrashHandler;

/// <summary>
/// The crash reporter of this process: what it says of itself, and the handler it says it to. One per process, made by the first <c>Start</c>.
/// Members may be called from any thread, but for <see cref="Restart"/> and <see cref="Result"/>, whose callers hold the reporter's lock.
/// </summary>
internal sealed class ReporterSession
{
    private const string NotReported = "no crash of this process is reported";

    private readonly CrashReporterOptions _options;
    private readonly HandlerConnection _connection;
    private readonly HandlerWatch _watch;
    private readonly List<string> _degraded = [];
    private readonly List<string> _ignored = [];
    private readonly OwnRegistration _registration;
    private readonly string _wantedDatabase;
    private Hooks _hooks;
    private LastRunPayload? _lastRun;
    private volatile bool _isRunning;

    private ReporterSession(CrashReporterOptions options, string tempDirectory)
    {
        _options = options;
        ProductName = string.IsNullOrEmpty(options.ProductName) ? ApplicationIdentity.ProductName() : options.ProductName;
        _wantedDatabase = Path.GetFullPath(options.CrashesDirectory ?? Path.Combine(tempDirectory, ApplicationIdentity.FolderName(ProductName)));
        _connection = new HandlerConnection(options, options.Server?.Fields(ProductName, ApplicationIdentity.Version()) ?? new Dictionary<string, string>());
        _watch = new HandlerWatch(_connection);
        LoadShim();
        bool isAttached = TryAttach(out bool isOrphan);
        if (isOrphan)
        {
            _connection.Orphan();
        }
        else if (!isAttached && options.Operator is null)
        {
            StartOptions.RequireSubmitUrl(options);
        }

        _registration = new OwnRegistration(Fields());
        _registration.Replace(Checked(options, ProductName));
        IgnoreUploadToServer(options);
        _ignored.AddRange(options.Operator?.NotTaken ?? []);
        if (IsShimLoaded && !isOrphan)
        {
            Attempt(() => Register(isAttached));
        }

        TellIgnored();
    }

    /// <summary>The product's name, as given or by default.</summary>
    public string ProductName { get; }

    /// <summary>Whether this process started or joined its handler by itself, as opposed to attaching to its parent's.</summary>
    public bool IsMain => _connection.IsMain;

    /// <summary>Where reports are kept.</summary>
    public string Database => _connection.Handler?.Welcome.Database ?? _wantedDatabase;

    /// <summary>Whether a handler took our registration.</summary>
    public bool IsRunning => _isRunning;

    /// <summary>The handler's socket.</summary>
    public string? Address => _connection.Handler?.Address;

    /// <summary>Whether <see cref="Native.Shim"/> is loaded, with or without a handler.</summary>
    public bool IsShimLoaded { get; private set; }

    /// <summary>Absolute path of the shim, for children's LD_PRELOAD.</summary>
    public string ShimPath => Places.FindShim(_options.HandlerPath);

    /// <summary>What became of the last run of the application.</summary>
    /// <exception cref="InvalidOperationException">There was no handler to ask when this one started.</exception>
    public LastRunPayload LastRun => _lastRun ?? throw new InvalidOperationException($"no handler is running: {string.Join("; ", _degraded)}");

    /// <summary>Everything that would be sent with a report, but the dump.</summary>
    public IReadOnlyDictionary<string, string> Parameters
    {
        get
        {
            Dictionary<string, string> all = _registration.Parameters;
            all["platform"] = OperatingSystem.IsWindows() ? "win32" : "linux";
            if (_connection.Handler is { } handler)
            {
                all["guid"] = handler.Welcome.ClientId.ToString();
            }

            foreach (string key in new[] { RegistrationFields.Prod, RegistrationFields.Ver, RegistrationFields.ProcessType })
            {
                all[key] = _registration.Field(key)!;
            }

            foreach (string key in new[] { RegistrationFields.Version, RegistrationFields.ProductName, RegistrationFields.CompanyName })
            {
                if (_registration.Field(key) is { } value)
                {
                    all.TryAdd(key, value);
                }
            }

            return all;
        }
    }

    /// <summary>Starts: attaches to the parent's handler, else launches or joins one. Whatever is missing stands in the result.</summary>
    /// <exception cref="ArgumentException">A main process without <c>SubmitUrl</c>.</exception>
    public static ReporterSession Start(CrashReporterOptions options, string tempDirectory) => new(options, tempDirectory);

    /// <summary>A second Start: the extras are replaced, UploadToServer is applied, all else stays and is named as ignored.</summary>
    public void Restart(CrashReporterOptions options)
    {
        _ignored.Clear();
        if (!StartOptions.SameUrl(options.Url, _options.Url ?? _connection.Handler?.Welcome.Url))
        {
            _ignored.Add($"{(options.Server is null ? nameof(options.SubmitUrl) : nameof(options.Server))}: this process is already started with another one");
        }

        _ignored.AddRange(StartOptions.Fixed(options).Except(StartOptions.Fixed(_options)).Except(StartOptions.Fixed(new CrashReporterOptions()))
            .Select(option => $"{option.Name}: this process is already started with another value"));

        if (!StartOptions.SameDirectory(options.CrashesDirectory, Database))
        {
            _ignored.Add($"{nameof(options.CrashesDirectory)}: this process is already started with '{Database}'");
        }

        Attempt(() =>
        {
            _registration.Replace(Checked(options, string.IsNullOrEmpty(options.ProductName) ? ProductName : options.ProductName));
            _registration.SetField(RegistrationFields.CompanyName, options.CompanyName!);
            if (!string.IsNullOrEmpty(options.ProductName))
            {
                _registration.SetField(RegistrationFields.ProductName, options.ProductName);
            }

            if (options.ProcessType is not null)
            {
                _registration.SetField(RegistrationFields.ProcessType, options.ProcessType);
            }

            Announce();
            if (options.UploadToServer is bool upload && IsMain)
            {
                SetUploads(upload);
            }
        });
        IgnoreUploadToServer(options);
        TellIgnored();
    }

    /// <summary>What was achieved.</summary>
    public StartResult Result() => new()
    {
        IsRunning = _isRunning,
        HandlerProcessId = _isRunning ? _connection.Handler!.Welcome.HandlerProcessId : 0,
        Hooks = HookNames.Of(_hooks),
        Degraded = _connection.Problem is { } problem ? [.. _degraded, problem] : [.. _degraded],
        Ignored = [.. _ignored],
    };

    /// <summary>Sets a parameter; it is in the report of a crash on the next instruction.</summary>
    /// <exception cref="InvalidOperationException">It would be the 401st.</exception>
    public void Set(string key, string value)
    {
        _registration.Set(key, value);
        Announce();
    }

    /// <summary>Removes a parameter; an unknown one is no error.</summary>
    public void Remove(string key)
    {
        _registration.Remove(key);
        Announce();
    }

    /// <summary>Adds a file to be sent.</summary>
    /// <exception cref="InvalidOperationException">It would be the 11th.</exception>
    public void AddAttachment(string path) => _registration.AddAttachment(path);

    /// <summary>Removes a file; an unknown one is no error.</summary>
    public void RemoveAttachment(string path) => _registration.RemoveAttachment(path);

    /// <summary>The stored choice.</summary>
    public bool GetUploads() => Ask(() => HandlerConnection.Request(FrameType.GetUploads, [], FrameType.Uploads)) is [1];

    /// <summary>Stores the choice.</summary>
    public void SetUploads(bool upload) => Ask(() => HandlerConnection.Request(FrameType.SetUploads, [upload ? (byte)1 : (byte)0], FrameType.Done));

    /// <summary>Uploaded reports, newest first.</summary>
    public IReadOnlyList<CrashReport> ListUploaded()
    {
        List<CrashReport> reports = [];
        IReadOnlyList<CrashReport> more;
        do
        {
            more = Ask(() => ListUploaded(passOver: (uint)reports.Count));
            reports.AddRange(more);
        }
        while (more.Count > 0);
        return reports;
    }

    /// <summary>Has a report of this process made.</summary>
    /// <returns>Its id.</returns>
    /// <exception cref="InvalidOperationException">No handler can be had, or it cannot make one.</exception>
    public Guid CaptureReport(string reason)
    {
        if (!_isRunning)
        {
            throw new InvalidOperationException($"no handler is running: {string.Join("; ", _degraded)}");
        }

        return Ask(() =>
        {
            CaptureReportPayload asked = new(NativeThread.Id, Utf8Text.Cut(reason, ProtocolLimits.MaxCaptureReasonBytes));
            return CaptureReportPayload.ParseAnswer(HandlerConnection.Request(FrameType.CaptureReport, asked.ToBytes(), FrameType.Done));
        });
    }

    private static IReadOnlyList<CrashReport> ListUploaded(uint passOver)
    {
        List<CrashReport> reports = [];
        byte[] payload = Shim.Request(FrameType.ListUploaded, BitConverter.GetBytes(passOver), out FrameType type);
        while (type == FrameType.UploadedReport)
        {
            UploadedReportPayload report = UploadedReportPayload.Parse(payload);
            reports.Add(new CrashReport(report.Date, report.ServerId));
            payload = Shim.Request(0, [], out type);
        }

        HandlerConnection.ThrowUnless(FrameType.Done, type, payload);
        return reports;
    }

    // The server stays the first Start's, and with it the fields that it wants.
    private Dictionary<string, string> Checked(CrashReporterOptions options, string productName)
    {
        Dictionary<string, string> parameters = [];
        foreach ((string key, string value) in StartOptions.CopyExtra(options.Extra, _options.Server?.Fields(productName, ApplicationIdentity.Version())))
        {
            if (ParameterRules.IsOurs(key))
            {
                _ignored.Add($"{nameof(CrashReporterOptions.Extra)}['{key}']: the crash reporter sets it itself");
            }
            else
            {
                parameters[key] = ParameterRules.CutValue(value);
            }
        }

        return parameters;
    }

    private void IgnoreUploadToServer(CrashReporterOptions options)
    {
        if (!IsMain && options.UploadToServer is not null)
        {
            _ignored.Add($"{nameof(CrashReporterOptions.UploadToServer)}: only the main process stores it");
        }
    }

    // Not every application looks at the result.
    private void TellIgnored()
    {
        if (_isRunning && _ignored.Count > 0)
        {
            Tell($"Start did not take {string.Join("; ", _ignored)}");
        }

        // An operator has no result to look at.
        if (_isRunning && _options.Operator is not null && _degraded.Count > 0)
        {
            Tell($"Start is degraded: {string.Join("; ", _degraded)}");
        }
    }

    private void Tell(string text)
    {
        byte[] note = Encoding.UTF8.GetBytes(Utf8Text.Cut(text, ProtocolLimits.MaxNoteBytes));
        Attempt(() => Ask(() => HandlerConnection.Request(FrameType.Note, note, FrameType.Done)));
    }

    private void LoadShim()
    {
        try
        {
            Shim.Load(Places.ShimCandidates(_options.HandlerPath));
            IsShimLoaded = true;
        }
        catch (Exception missing) when (missing is DllNotFoundException or BadImageFormatException)
        {
            _degraded.Add($"{NotReported}: {missing.Message}");
        }
    }

    /// <summary>Attaches to the parent's handler.</summary>
    /// <param name="isOrphan">There should be one, it cannot be had, and the options are no main process's that could start another.</param>
    private bool TryAttach(out bool isOrphan)
    {
        isOrphan = false;
        if (HandlerConnection.Inherited is not { } inherited)
        {
            return false;
        }

        bool isMains = StartOptions.AreAMains(_options);
        // An operator may do without a URL.
        bool canStartOne = isMains || _options.Operator is not null;
        if (!IsShimLoaded)
        {
            isOrphan = !canStartOne;
            return false;
        }

        bool isAttached = _connection.TryAttach(inherited, isMains ? 1 : ClientLimits.Looks, out string? problem);
        if (problem is not null)
        {
            isOrphan = !canStartOne;
            _degraded.Add(canStartOne ? $"{problem}; another one was started" : $"{NotReported}: {problem}; without {nameof(CrashReporterOptions.SubmitUrl)} no other one is started");
        }

        return isAttached;
    }

    private void Register(bool attached)
    {
        if (!attached)
        {
            _connection.LaunchOrJoin(_wantedDatabase);
        }

        // A launch or a join tells the database's real path.
        _registration.SetField(RegistrationFields.Database, Database);
        if (IsMain)
        {
            AskForLastRun();
        }

        _registration.Publish();
        Shim.Install(out string problemOfHooks);
        _hooks = _connection.Register();
        _isRunning = true;
        if (IsMain)
        {
            HookHandover.Leave(Address!, _lastRun);
        }

        if (IsMain && attached && _options.UploadToServer is bool upload)
        {
            SetUploads(upload);
        }

        if (_options.CaptureAllChildren && OperatingSystem.IsWindows())
        {
            CoverDotNetChildren();
        }
        else if (_options.CaptureAllChildren)
        {
            Preload.ApplyToAll(ShimPath, Address!);
        }

        AppDomain.CurrentDomain.ProcessExit += OnProcessExit;
        new UnhandledExceptions(_registration).Listen();
        _watch.Start();
        _degraded.AddRange(MissingHooks.Describe(MissingHooks.Of(_hooks, _options.IgnoreSystemCrashHandler), problemOfHooks));
        if (HeapDumpText.Problem(_options.HeapDump) is { } problem)
        {
            _degraded.Add(problem);
        }
    }

    // Nothing can be preloaded there.
    private void CoverDotNetChildren()
    {
        try
        {
            ChildHook.ApplyToAll(ShimPath, Address!);
        }
        catch (HandlerUnavailableException missing)
        {
            _degraded.Add($"{nameof(CrashReporterOptions.CaptureAllChildren)}: {missing.Message}; a child is covered once it calls {nameof(CrashReporter.Start)}");
        }
    }

    private void OnProcessExit(object? sender, EventArgs e)
    {
        _watch.End();
        try
        {
            _registration.SetField(RegistrationFields.Ended, RegistrationFields.Yes);
        }
        catch (Exception)
        {
            // An exception from here would make a crash of an orderly end. Without the field, this run counts as killed, which changes nothing.
        }
    }

    // The program that `crash-handler exec` became (Windows: started), which started that handler: the main process of its tree, though the handler is the operator's.
    private static bool IsExecsProgram
        => Environment.GetEnvironmentVariable(EnvironmentNames.ExecProcess) is { } pid && pid == $"{(OperatingSystem.IsWindows() ? NativeProcess.Parent() : Environment.ProcessId)}";

    // Before this run is registered as the last one.
    private void AskForLastRun()
    {
        if (HookHandover.IsMainOf(Address!))
        {
            _lastRun = HookHandover.LastRun;
            return;
        }

        try
        {
            _lastRun = LastRunPayload.Parse(HandlerConnection.Request(FrameType.GetLastRun, [], FrameType.LastRun));
        }
        catch (Exception unreadable) when (unreadable is InvalidOperationException or ShimException)
        {
            _degraded.Add($"what became of the last run is not known: {unreadable.Message}");
        }
    }

    private Dictionary<string, string> Fields()
    {
        Dictionary<string, string> fields = new()
        {
            [RegistrationFields.Database] = Database,
            [RegistrationFields.Prod] = ".NET",
            [RegistrationFields.Ver] = Environment.Version.ToString(),
            [RegistrationFields.ProcessType] = _options.ProcessType ?? (IsMain || IsExecsProgram ? "main" : "child"),
            [RegistrationFields.ProductName] = ProductName,
            [RegistrationFields.CompanyName] = _options.CompanyName!,
        };
        if (ApplicationIdentity.Version() is string version)
        {
            fields[RegistrationFields.Version] = version;
        }

        if (_options.Url is not null)
        {
            fields[RegistrationFields.Url] = _options.Url;
        }

        if (HeaderRules.Encode(_options.Headers) is { } headers)
        {
            fields[RegistrationFields.Headers] = headers;
        }

        if (_options.WaitForUpload is { } wait && wait > TimeSpan.Zero)
        {
            fields[RegistrationFields.WaitForUpload] = ((int)wait.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
        }

        if (HeapDumpText.Of(_options.HeapDump) is { } heapDump)
        {
            fields[RegistrationFields.HeapDump] = heapDump;
        }

        Say(RegistrationFields.CompressUploads, _options.CompressUploads);
        Say(RegistrationFields.RateLimit, _options.RateLimit);
        Say(RegistrationFields.MainProcess, IsMain);
        Say(RegistrationFields.SanitizeStacks, _options.SanitizeStacks);
        Say(RegistrationFields.IncludeEnvironment, _options.IncludeEnvironment);
        return fields;

        void Say(string field, bool says)
        {
            if (says)
            {
                fields[field] = RegistrationFields.Yes;
            }
        }
    }

    // Only `status` wants to know; a crash reads the block itself, with this handler or the next.
    private void Announce()
    {
        if (_isRunning)
        {
            _connection.Notify(FrameType.BlockChanged);
        }
    }

    private T Ask<T>(Func<T> question) => _isRunning ? _connection.Ask(question)
        : throw new InvalidOperationException($"no handler is running: {string.Join("; ", _degraded)}");

    private void Attempt(Action action)
    {
        try
        {
            action();
        }
        catch (Exception problem) when (problem is ShimException or HandlerUnavailableException or MalformedFrameException or ArgumentException or InvalidOperationException)
        {
            _degraded.Add(_isRunning ? problem.Message : $"{NotReported}: {problem.Message}");
        }
    }
}
