namespace CrashHandler;

/// <summary>Checks and comparisons of options. Pure.</summary>
internal static class StartOptions
{
    /// <summary>Checks what can be checked before it is known whether this process is a main one.</summary>
    /// <exception cref="ArgumentException">An option is missing or wrong; the message names it and its value.</exception>
    public static void Check(CrashReporterOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.CompanyName is null)
        {
            throw new ArgumentException("companyName is a required option to crashReporter.start", nameof(options));
        }

        if (options.SubmitUrl is { } url && !(url.IsAbsoluteUri && url.Scheme is "http" or "https"))
        {
            throw new ArgumentException($"submitURL must be an absolute http or https URL; it is '{Protocol.UrlRedaction.Redact(url)}'", nameof(options));
        }

        if (options.ProcessType is { Length: 0 })
        {
            throw new ArgumentException("processType must not be empty", nameof(options));
        }
    }

    /// <summary>A main process needs a URL unless it said that nothing is to be sent.</summary>
    /// <exception cref="ArgumentException">It has none.</exception>
    public static void RequireSubmitUrl(CrashReporterOptions options)
    {
        if (options.SubmitUrl is null && options.UploadToServer != false)
        {
            throw new ArgumentException("submitURL is a required option to crashReporter.start", nameof(options));
        }
    }

    /// <summary>Checks the extras and copies them.</summary>
    /// <exception cref="ArgumentException">A key is not allowed, a value is null, or there are more than 400.</exception>
    public static IReadOnlyDictionary<string, string> CopyExtra(IDictionary<string, string>? extra)
    {
        Dictionary<string, string> copy = [];
        foreach ((string key, string value) in extra ?? copy)
        {
            ParameterRules.CheckKey(key);
            copy[key] = value ?? throw new ArgumentNullException(nameof(extra), $"the value of extra['{key}'] is null");
        }

        return copy.Count <= Protocol.ProtocolLimits.MaxParameters ? copy
            : throw new ArgumentException($"extra has {copy.Count} parameters; at most {Protocol.ProtocolLimits.MaxParameters} are kept", nameof(extra));
    }

    /// <summary>Whether a process with this URL may use a handler with that one.</summary>
    public static bool SameUrl(Uri? own, string? handlers)
        => own is null || (handlers is not null && Uri.TryCreate(handlers, UriKind.Absolute, out Uri? other) && own == other);

    /// <summary>Whether a process with this directory may use a handler with that one.</summary>
    public static bool SameDirectory(string? own, string handlers)
        => own is null || Path.TrimEndingDirectorySeparator(Path.GetFullPath(own)) == Path.TrimEndingDirectorySeparator(handlers);
}
