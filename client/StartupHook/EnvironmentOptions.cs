using CrashHandler.Protocol;

namespace CrashHandler;

/// <summary>
/// The options of <c>Start</c> as environment variables say them. Pure. A value that cannot be taken costs itself only: it is left out, and said. An
/// empty variable is an unset one.
/// </summary>
internal sealed class EnvironmentOptions
{
    private readonly Func<string, string?> _variable;
    private readonly List<string> _notTaken = [];
    private readonly List<string> _attachments = [];

    private EnvironmentOptions(Func<string, string?> variable)
    {
        _variable = variable;
        Options = new CrashReporterOptions { CompanyName = "" };
        Take(EnvironmentNames.ProductName, (options, value) => options.ProductName = value);
        Take(EnvironmentNames.CompanyName, (options, value) => options.CompanyName = value);
        Take(EnvironmentNames.SubmitUrl, (options, value) => options.SubmitUrl = value);
        Take(EnvironmentNames.Server, (options, value) => options.Server = ServerOf(value));
        Take(EnvironmentNames.Headers, (options, value) => options.Headers = Pairs(value));
        Take(EnvironmentNames.UploadToServer, (options, value) => options.UploadToServer = YesOrNo(value));
        Take(EnvironmentNames.CompressUploads, (options, value) => options.CompressUploads = YesOrNo(value));
        Take(EnvironmentNames.RateLimit, (options, value) => options.RateLimit = YesOrNo(value));
        Take(EnvironmentNames.WaitForUpload, (options, value) => options.WaitForUpload = Seconds(value));
        Take(EnvironmentNames.CrashesDirectory, (options, value) => options.CrashesDirectory = value);
        Take(EnvironmentNames.ProcessType, (options, value) => options.ProcessType = value);
        Take(EnvironmentNames.Extra, (options, value) => options.Extra = Pairs(value));
        Take(EnvironmentNames.Attachments, (_, value) => AddAttachments(value));
        Take(EnvironmentNames.HeapDump, (options, value) => options.HeapDump = HeapDumpOf(value));
        Take(EnvironmentNames.CaptureAllChildren, (options, value) => options.CaptureAllChildren = YesOrNo(value));
        Take(EnvironmentNames.IgnoreSystemCrashHandler, (options, value) => options.IgnoreSystemCrashHandler = YesOrNo(value));
        Take(EnvironmentNames.SanitizeStacks, (options, value) => options.SanitizeStacks = YesOrNo(value));
        Take(EnvironmentNames.IncludeEnvironment, (options, value) => options.IncludeEnvironment = YesOrNo(value));
        Take(EnvironmentNames.Path, (options, value) => options.HandlerPath = value);
        Take(EnvironmentNames.Verbose, (_, value) => IsVerbose = YesOrNo(value));
    }

    /// <summary>Options that <see cref="StartOptions.Check"/> passes.</summary>
    public CrashReporterOptions Options { get; private set; }

    /// <summary>Files that go along: absolute paths.</summary>
    public IReadOnlyList<string> Attachments => _attachments;

    /// <summary>Whether to say on standard error what is not as it should be.</summary>
    public bool IsVerbose { get; private set; }

    /// <summary>Variables that were not taken, each with its reason.</summary>
    public IReadOnlyList<string> NotTaken => _notTaken;

    /// <summary>Reads them.</summary>
    /// <param name="variable">The environment: a variable's value, or null.</param>
    public static EnvironmentOptions Read(Func<string, string?> variable) => new(variable);

    // Checked one by one, so that a bad one does not cost the others.
    private void Take(string name, Action<CrashReporterOptions, string> set)
    {
        if (_variable(name) is not { Length: > 0 } value)
        {
            return;
        }

        CrashReporterOptions options = Options.Copy();
        try
        {
            set(options, value);
            StartOptions.Check(options);
            Options = options;
        }
        catch (ArgumentException bad)
        {
            _notTaken.Add($"{name}: {Sentence(bad)}");
        }
    }

    // Without " (Parameter 'options')", which names nothing that whoever set the variable knows.
    private static string Sentence(ArgumentException bad)
    {
        string suffix = $" (Parameter '{bad.ParamName}')";
        return bad.Message.EndsWith(suffix, StringComparison.Ordinal) ? bad.Message[..^suffix.Length] : bad.Message;
    }

    private static bool YesOrNo(string value) => value switch
    {
        "1" or "true" or "True" or "TRUE" => true,
        "0" or "false" or "False" or "FALSE" => false,
        _ => throw new ArgumentException($"takes 1 or 0, true or false; it is '{value}'"),
    };

    // Not int.Parse: its culture, be it the invariant one, loads ICU, into a process that may never need it.
    private static TimeSpan Seconds(string value)
    {
        int seconds = 0;
        foreach (char digit in value)
        {
            // More digits than an hour's, which is the most, are too many.
            seconds = char.IsAsciiDigit(digit) && value.Length <= 9 ? (seconds * 10) + (digit - '0') : throw new ArgumentException($"takes a number of seconds; it is '{value}'");
        }

        return TimeSpan.FromSeconds(seconds);
    }

    private static HeapDumpKind HeapDumpOf(string value) => value switch
    {
        "none" => HeapDumpKind.None,
        RegistrationFields.HeapDumpMini => HeapDumpKind.Mini,
        RegistrationFields.HeapDumpHeap => HeapDumpKind.Heap,
        RegistrationFields.HeapDumpFull => HeapDumpKind.Full,
        _ => throw new ArgumentException($"takes none, mini, heap or full; it is '{value}'"),
    };

    private static CrashServer ServerOf(string value)
    {
        int colon = value.IndexOf(':');
        string where = value[(colon + 1)..];
        return (colon < 0 ? "" : value[..colon]) switch
        {
            "socorro" => CrashServer.Socorro(where),
            "sentry" => CrashServer.Sentry(where),
            "backtrace" when where.IndexOf('/') is > 0 and int slash => CrashServer.Backtrace(where[..slash], where[(slash + 1)..]),
            "bugsplat" => CrashServer.BugSplat(where),
            "mini-breakpad" => CrashServer.MiniBreakpad(where),
            // Never the value itself: it may be all secret.
            _ => throw new ArgumentException("takes socorro:URL, sentry:DSN, backtrace:UNIVERSE/TOKEN, bugsplat:DATABASE or mini-breakpad:URL"),
        };
    }

    /// <summary><c>KEY=VALUE,KEY=VALUE</c>, each percent-encoded where need be: as OpenTelemetry's variables and the W3C's baggage have it.</summary>
    private static Dictionary<string, string> Pairs(string value)
    {
        Dictionary<string, string> pairs = [];
        foreach (string pair in value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            int equals = pair.IndexOf('=');
            if (equals < 1)
            {
                // Its place, not itself: a header may be a secret.
                throw new ArgumentException($"takes KEY=VALUE,KEY=VALUE, with %2C for a comma; number {pairs.Count + 1} is none");
            }

            pairs[Decoded(pair[..equals].Trim())] = Decoded(pair[(equals + 1)..].Trim());
        }

        return pairs;
    }

    // Not Uri.UnescapeDataString: System.Uri costs a cold process 15 ms, and few values need it.
    private static string Decoded(string text) => text.Contains('%') ? Uri.UnescapeDataString(text) : text;

    private void AddAttachments(string value)
    {
        foreach (string path in value.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
        {
            if (_attachments.Count == ProtocolLimits.MaxAttachments)
            {
                throw new ArgumentException($"at most {ProtocolLimits.MaxAttachments} files are taken");
            }

            _attachments.Add(ParameterRules.CheckAttachment(path));
        }
    }
}
