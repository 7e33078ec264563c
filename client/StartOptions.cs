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

        if (options.SubmitUrl is not null && options.Server is not null)
        {
            throw new ArgumentException("submitURL and server are both set; a server brings its URL along", nameof(options));
        }

        if (options.SubmitUrl is { } url && !IsHttp(url))
        {
            throw new ArgumentException($"submitURL must be an absolute http or https URL; it is '{Protocol.UrlRedaction.Redact(url)}'", nameof(options));
        }

        if (options.ProcessType is { Length: 0 })
        {
            throw new ArgumentException("processType must not be empty", nameof(options));
        }

        if (options.WaitForUpload is { } wait && (wait < TimeSpan.Zero || wait > ClientLimits.LongestWaitForUpload))
        {
            throw new ArgumentException($"waitForUpload must be between 0 and {ClientLimits.LongestWaitForUpload.TotalMinutes} minutes; it is {wait}", nameof(options));
        }

        _ = HeaderRules.Encode(options.Headers);
    }

    /// <summary>A main process needs a URL unless it said that nothing is to be sent.</summary>
    /// <exception cref="ArgumentException">It has none.</exception>
    public static void RequireSubmitUrl(CrashReporterOptions options)
    {
        if (options.Url is null && options.UploadToServer != false)
        {
            throw new ArgumentException("submitURL is a required option to crashReporter.start", nameof(options));
        }
    }

    /// <summary>Whether a URL is one that reports can be sent to.</summary>
    public static bool IsHttp(Uri url) => url.IsAbsoluteUri && url.Scheme is "http" or "https";

    /// <summary>Checks the extras and copies them; the server's fields are among them, where they have no value of the caller's.</summary>
    /// <exception cref="ArgumentException">A key is not allowed, a value is null, or there are more than 400.</exception>
    public static IReadOnlyDictionary<string, string> CopyExtra(IDictionary<string, string>? extra, IReadOnlyDictionary<string, string>? serverFields = null)
    {
        Dictionary<string, string> copy = new(serverFields ?? new Dictionary<string, string>());
        foreach ((string key, string value) in extra ?? new Dictionary<string, string>())
        {
            ParameterRules.CheckKey(key);
            copy[key] = value ?? throw new ArgumentNullException(nameof(extra), $"the value of extra['{key}'] is null");
        }

        return copy.Count <= Protocol.ProtocolLimits.MaxParameters ? copy
            : throw new ArgumentException($"extra has {copy.Count} parameters; at most {Protocol.ProtocolLimits.MaxParameters} are kept", nameof(extra));
    }

    /// <summary>Options that the first Start decides for good, in a fixed order.</summary>
    public static IEnumerable<(string Name, string? Value)> Fixed(CrashReporterOptions options) =>
    [
        (nameof(options.Headers), HeaderRules.Encode(options.Headers)),
        (nameof(options.CompressUploads), $"{options.CompressUploads}"),
        (nameof(options.RateLimit), $"{options.RateLimit}"),
        (nameof(options.WaitForUpload), $"{options.WaitForUpload ?? TimeSpan.Zero}"),
        (nameof(options.CaptureAllChildren), $"{options.CaptureAllChildren}"),
        (nameof(options.IgnoreSystemCrashHandler), $"{options.IgnoreSystemCrashHandler}"),
    ];

    /// <summary>Whether a process with this URL may use a handler with that one.</summary>
    public static bool SameUrl(Uri? own, string? handlers)
        => own is null || (handlers is not null && Uri.TryCreate(handlers, UriKind.Absolute, out Uri? other) && own == other);

    /// <summary>Whether a process with this directory may use a handler with that one.</summary>
    public static bool SameDirectory(string? own, string handlers)
        => own is null || Path.TrimEndingDirectorySeparator(Path.GetFullPath(own)) == Path.TrimEndingDirectorySeparator(handlers);
}
