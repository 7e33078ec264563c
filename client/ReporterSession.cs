using CrashHandler.Launch;
using CrashHandler.Native;
using CrashHandler.Protocol;

namespace CrashHandler;

/// <summary>
/// This process's registration: what it says of itself, and the handler it said it to. One per process, made by the first
/// <c>Start</c>; its callers hold the reporter's lock.
/// </summary>
internal sealed class ReporterSession
{
    private readonly CrashReporterOptions _options;
    private readonly List<string> _degraded = [];
    private readonly List<string> _ignored = [];
    private Dictionary<string, string> _fields = [];
    private Dictionary<string, string> _parameters = [];
    private Welcome? _welcome;
    private Hooks _hooks;
    private bool _shimLoaded;

    private ReporterSession(CrashReporterOptions options, string productName)
    {
        _options = options;
        ProductName = productName;
    }

    /// <summary>The product's name, as given or by default.</summary>
    public string ProductName { get; }

    /// <summary>Whether this process started or joined its handler by itself, as opposed to attaching to its parent's.</summary>
    public bool IsMain { get; private set; } = true;

    /// <summary>Where reports are kept.</summary>
    public string Database { get; private set; } = "";

    /// <summary>Whether a handler took our registration.</summary>
    public bool IsRunning { get; private set; }

    /// <summary>The handler's socket.</summary>
    public string? Address { get; private set; }

    /// <summary>Whether <see cref="Native.Shim"/> is loaded, with or without a handler.</summary>
    public bool IsShimLoaded => _shimLoaded;

    /// <summary>Absolute path of the shim, for children's LD_PRELOAD.</summary>
    public string ShimPath => Places.FindShim(_options.HandlerPath);

    /// <summary>Everything that would be sent with a report, but the dump.</summary>
    public IReadOnlyDictionary<string, string> Parameters
    {
        get
        {
            Dictionary<string, string> all = new(_parameters) { ["platform"] = "linux" };
            if (_welcome is not null)
            {
                all["guid"] = _welcome.ClientId.ToString();
            }

            foreach (string key in new[] { RegistrationFields.Prod, RegistrationFields.Ver, RegistrationFields.ProcessType })
            {
                all[key] = _fields[key];
            }

            foreach (string key in new[] { RegistrationFields.Version, RegistrationFields.ProductName, RegistrationFields.CompanyName })
            {
                if (_fields.TryGetValue(key, out string? value))
                {
                    all.TryAdd(key, value);
                }
            }

            return all;
        }
    }

    /// <summary>Starts: attaches to the parent's handler, else launches or joins one. Whatever is missing stands in the result.</summary>
    /// <exception cref="ArgumentException">A main process without <c>SubmitUrl</c>.</exception>
    public static ReporterSession Start(CrashReporterOptions options, string productName, string tempDirectory, IReadOnlyDictionary<string, string> extra)
    {
        ReporterSession session = new(options, productName)
        {
            Database = Path.GetFullPath(options.CrashesDirectory
                ?? Path.Combine(tempDirectory, $"{ApplicationIdentity.FolderName(productName)} Crashes")),
        };
        session.TakeExtra(extra);
        Exception? shimMissing = session.LoadShim();
        bool attached = shimMissing is null && session.TryAttach();
        if (!attached)
        {
            StartOptions.RequireSubmitUrl(options);
        }

        session._fields = session.Fields();
        if (shimMissing is null)
        {
            session.Attempt(() => session.Register(attached));
        }

        return session;
    }

    /// <summary>A second Start: the extras are replaced, UploadToServer is applied, all else stays and is named as ignored.</summary>
    public void Restart(CrashReporterOptions options, IReadOnlyDictionary<string, string> extra)
    {
        _ignored.Clear();
        TakeExtra(extra);
        if (options.SubmitUrl is not null && options.SubmitUrl != _options.SubmitUrl)
        {
            _ignored.Add($"{nameof(options.SubmitUrl)}: this process is already started with another one");
        }

        if (options.CrashesDirectory is not null && Path.GetFullPath(options.CrashesDirectory) != Database)
        {
            _ignored.Add($"{nameof(options.CrashesDirectory)}: this process is already started with '{Database}'");
        }

        _fields[RegistrationFields.CompanyName] = options.CompanyName!;
        if (options.ProductName is not null)
        {
            _fields[RegistrationFields.ProductName] = options.ProductName;
        }

        if (options.ProcessType is not null)
        {
            _fields[RegistrationFields.ProcessType] = options.ProcessType;
        }

        Attempt(() =>
        {
            WriteBlock();
            if (options.UploadToServer is bool upload)
            {
                SetUploads(upload);
            }
        });
    }

    /// <summary>What was achieved.</summary>
    public StartResult Result() => new()
    {
        IsRunning = IsRunning,
        HandlerProcessId = IsRunning ? _welcome!.HandlerProcessId : 0,
        Hooks = HookNames.Of(_hooks),
        Degraded = [.. _degraded],
        Ignored = [.. _ignored],
    };

    /// <summary>Sets a parameter; it is in the report of a crash on the next instruction.</summary>
    /// <exception cref="InvalidOperationException">It would be the 401st.</exception>
    public void Set(string key, string value)
    {
        if (_parameters.Count >= ProtocolLimits.MaxParameters && !_parameters.ContainsKey(key))
        {
            throw new InvalidOperationException($"there are {ProtocolLimits.MaxParameters} parameters already; remove one first");
        }

        _parameters[key] = ParameterRules.CutValue(value);
        WriteBlock();
    }

    /// <summary>Removes a parameter; an unknown one is no error.</summary>
    public void Remove(string key)
    {
        if (_parameters.Remove(key))
        {
            WriteBlock();
        }
    }

    /// <summary>The stored choice.</summary>
    public bool GetUploads()
    {
        byte[] answer = Request(FrameType.GetUploads, [], FrameType.Uploads);
        return answer is [1];
    }

    /// <summary>Stores the choice.</summary>
    public void SetUploads(bool upload) => Request(FrameType.SetUploads, [upload ? (byte)1 : (byte)0], FrameType.Done);

    /// <summary>Uploaded reports, newest first.</summary>
    public IReadOnlyList<CrashReport> ListUploaded()
    {
        List<CrashReport> reports = [];
        int before;
        do
        {
            before = reports.Count;
            AddUploaded(reports);
        }
        while (reports.Count > before);
        return reports;
    }

    private void AddUploaded(List<CrashReport> reports)
    {
        byte[] passOver = BitConverter.GetBytes((uint)reports.Count);
        byte[] payload = Reconnecting(() => (Shim.Request(FrameType.ListUploaded, passOver, out FrameType first), first), out FrameType type);
        while (type == FrameType.UploadedReport)
        {
            UploadedReportPayload report = UploadedReportPayload.Parse(payload);
            reports.Add(new CrashReport(report.Date, report.ServerId));
            payload = Shim.Request(0, [], out type);
        }

        ThrowUnless(FrameType.Done, type, payload);
    }

    private void TakeExtra(IReadOnlyDictionary<string, string> extra)
    {
        _parameters = [];
        foreach ((string key, string value) in extra)
        {
            if (ParameterRules.IsOurs(key))
            {
                _ignored.Add($"{nameof(CrashReporterOptions.Extra)}['{key}']: the crash reporter sets it itself");
            }
            else
            {
                _parameters[key] = ParameterRules.CutValue(value);
            }
        }
    }

    private Exception? LoadShim()
    {
        try
        {
            Shim.Load(Places.ShimCandidates(_options.HandlerPath));
            _shimLoaded = true;
            return null;
        }
        catch (Exception missing) when (missing is DllNotFoundException or BadImageFormatException)
        {
            _degraded.Add($"no crash of this process is reported: {missing.Message}");
            return missing;
        }
    }

    /// <summary>
    /// Attaches to the handler that the environment names, if it is ours: the variable is inherited by everything an application runs, another
    /// company's programs included.
    /// </summary>
    private bool TryAttach()
    {
        if (Environment.GetEnvironmentVariable(EnvironmentNames.Pipe) is not { Length: > 0 } address)
        {
            return false;
        }

        try
        {
            Welcome welcome = Shim.Connect(address);
            if (!StartOptions.SameUrl(_options.SubmitUrl, welcome.Url) || !StartOptions.SameDirectory(_options.CrashesDirectory, welcome.Database))
            {
                return false;
            }

            Joined(address, welcome);
            IsMain = false;
            return true;
        }
        catch (Exception gone) when (gone is ShimException or MalformedFrameException)
        {
            _degraded.Add($"the handler named by {EnvironmentNames.Pipe} did not answer, so another one was started ({gone.Message})");
            return false;
        }
    }

    private void Register(bool attached)
    {
        if (!attached)
        {
            LaunchOrJoin();
        }

        // A launch or a join tells the database's real path.
        _fields[RegistrationFields.Database] = Database;
        RegistrationBlock.Initialize(Shim.Block());
        WriteBlockUnannounced();
        _hooks = Shim.Install();
        Shim.Register(_options.IgnoreSystemCrashHandler ? RegisterOptions.IgnoreSystemCrashHandler : RegisterOptions.None);
        IsRunning = true;
        _degraded.AddRange(HookNames.MissingIn(_hooks));
    }

    private void LaunchOrJoin()
    {
        string handler = Places.FindHandler(_options.HandlerPath);
        List<string> arguments = [handler, "run", "--database", Database];
        if (_options.SubmitUrl is not null)
        {
            arguments.AddRange(["--url", _options.SubmitUrl.AbsoluteUri]);
        }

        // Told before the queue starts, so that nothing is sent in between.
        if (_options.UploadToServer is bool upload)
        {
            arguments.AddRange(["--uploads", upload ? "on" : "off"]);
        }

        for (int attempt = 1; ; attempt++)
        {
            ReadyLine ready = ReadyLine.Parse(Shim.Launch(arguments, ClientLimits.Launch));
            try
            {
                Joined(ready.Address, Shim.Connect(ready.Address));
                if (!ready.IsOurs && _options.UploadToServer is bool stored)
                {
                    SetUploadsOnce(stored);
                }

                Environment.SetEnvironmentVariable(EnvironmentNames.Pipe, ready.Address);
                return;
            }
            catch (ShimException) when (attempt < ClientLimits.LaunchAttempts)
            {
                // The live handler was at its idle exit: the next launch finds the address free.
            }
        }
    }

    private void Joined(string address, Welcome welcome)
    {
        Address = address;
        _welcome = welcome;
        Database = welcome.Database;
    }

    private Dictionary<string, string> Fields()
    {
        Dictionary<string, string> fields = new()
        {
            [RegistrationFields.Database] = Database,
            [RegistrationFields.Prod] = ".NET",
            [RegistrationFields.Ver] = Environment.Version.ToString(),
            [RegistrationFields.ProcessType] = _options.ProcessType ?? (IsMain ? "main" : "child"),
            [RegistrationFields.ProductName] = ProductName,
            [RegistrationFields.CompanyName] = _options.CompanyName!,
        };
        if (ApplicationIdentity.Version() is string version)
        {
            fields[RegistrationFields.Version] = version;
        }

        if (_options.SubmitUrl is not null)
        {
            fields[RegistrationFields.Url] = _options.SubmitUrl.AbsoluteUri;
        }

        return fields;
    }

    private void WriteBlock()
    {
        if (!IsRunning)
        {
            return;
        }

        WriteBlockUnannounced();
        try
        {
            Shim.Notify(FrameType.BlockChanged);
        }
        catch (ShimException)
        {
            // Only `status` wants to know; a crash reads the block itself, with this handler or the next.
        }
    }

    private void WriteBlockUnannounced() => RegistrationBlock.Write(Shim.Block(), new Registration(_fields, _parameters));

    private byte[] Request(FrameType type, byte[] payload, FrameType expected)
    {
        byte[] answer = Reconnecting(() => (Shim.Request(type, payload, out FrameType got), got), out FrameType answerType);
        ThrowUnless(expected, answerType, answer);
        return answer;
    }

    private void SetUploadsOnce(bool upload)
    {
        byte[] answer = Shim.Request(FrameType.SetUploads, [upload ? (byte)1 : (byte)0], out FrameType type);
        ThrowUnless(FrameType.Done, type, answer);
    }

    private byte[] Reconnecting(Func<(byte[] Payload, FrameType Type)> request, out FrameType type)
    {
        if (!IsRunning)
        {
            throw new InvalidOperationException($"no handler is running: {string.Join("; ", _degraded)}");
        }

        (byte[] Payload, FrameType Type) answer;
        try
        {
            answer = request();
        }
        catch (ShimException)
        {
            // The handler is gone: whoever launched it launches the next one, a child finds it at the same address.
            if (IsMain)
            {
                LaunchOrJoin();
            }
            else
            {
                Joined(Address!, Shim.Connect(Address!));
            }

            Shim.Register(_options.IgnoreSystemCrashHandler ? RegisterOptions.IgnoreSystemCrashHandler : RegisterOptions.None);
            answer = request();
        }

        type = answer.Type;
        return answer.Payload;
    }

    private static void ThrowUnless(FrameType expected, FrameType type, byte[] payload)
    {
        if (type == FrameType.Failed)
        {
            throw new InvalidOperationException($"the handler could not do it: {System.Text.Encoding.UTF8.GetString(payload)}");
        }

        if (type != expected)
        {
            throw new MalformedFrameException($"the handler answered {type} instead of {expected}");
        }
    }

    private void Attempt(Action action)
    {
        try
        {
            action();
        }
        catch (Exception problem) when (problem is ShimException or HandlerUnavailableException or MalformedFrameException or ArgumentException)
        {
            _degraded.Add(IsRunning ? problem.Message : $"no crash of this process is reported: {problem.Message}");
        }
    }
}
