using System.Text;
using CrashHandler.Launch;
using CrashHandler.Protocol;

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

        CheckName("companyName", options.CompanyName);
        CheckName("productName", options.ProductName);
        CheckName("processType", options.ProcessType);
        if (options.SubmitUrl is not null && options.Server is not null)
        {
            throw new ArgumentException("submitURL and server are both set; a server brings its URL along", nameof(options));
        }

        if (options.SubmitUrl is { } url && options.Url is null)
        {
            throw new ArgumentException($"submitURL must be an absolute http or https URL; it is '{UrlRedaction.Redact(url)}'", nameof(options));
        }

        if (options.Url is { } sent && Encoding.UTF8.GetByteCount(sent) is var bytes && bytes > ProtocolLimits.MaxUrlBytes)
        {
            throw new ArgumentException($"submitURL has {bytes} bytes; at most {ProtocolLimits.MaxUrlBytes} are taken", nameof(options));
        }

        if (options.ProcessType is { Length: 0 })
        {
            throw new ArgumentException("processType must not be empty", nameof(options));
        }

        if (options.CrashesDirectory is { Length: 0 })
        {
            throw new ArgumentException("crashesDirectory must not be empty", nameof(options));
        }

        if (options.WaitForUpload is { } wait && (wait < TimeSpan.Zero || wait > ClientLimits.LongestWaitForUpload))
        {
            throw new ArgumentException($"waitForUpload must be between 0 and {ClientLimits.LongestWaitForUpload.TotalMinutes} minutes; it is {wait}", nameof(options));
        }

        if (options.HeapDump is < HeapDumpKind.None or > HeapDumpKind.Full)
        {
            throw new ArgumentException($"heapDump must be one of {string.Join(", ", Enum.GetNames<HeapDumpKind>())}; it is {options.HeapDump}", nameof(options));
        }

        _ = HeaderRules.Encode(options.Headers);
        _ = CopyExtra(options.Extra, options.Server?.Fields("", ""));
    }

    /// <summary>Whether a main process can be started with these: it needs a URL unless it said that nothing is to be sent.</summary>
    public static bool AreAMains(CrashReporterOptions options) => options.Url is not null || options.UploadToServer == false;

    /// <summary>The check of a main process's options.</summary>
    /// <exception cref="ArgumentException">There is no URL.</exception>
    public static void RequireSubmitUrl(CrashReporterOptions options)
    {
        if (!AreAMains(options))
        {
            throw new ArgumentException("submitURL is a required option to crashReporter.start", nameof(options));
        }
    }

    /// <summary>Checks the extras and copies them; the server's fields are among them, where they have no value of the caller's.</summary>
    /// <exception cref="ArgumentNullException">A value is null.</exception>
    /// <exception cref="ArgumentException">A key is not allowed, or there are more than 400.</exception>
    public static IReadOnlyDictionary<string, string> CopyExtra(IDictionary<string, string>? extra, IReadOnlyDictionary<string, string>? serverFields = null)
    {
        Dictionary<string, string> copy = new(serverFields ?? new Dictionary<string, string>());
        foreach ((string key, string value) in extra ?? new Dictionary<string, string>())
        {
            ParameterRules.CheckKey(key);
            copy[key] = value ?? throw new ArgumentNullException(nameof(extra), $"the value of extra['{key}'] is null");
        }

        return copy.Count <= ProtocolLimits.MaxParameters ? copy
            : throw new ArgumentException($"extra has {copy.Count} parameters; at most {ProtocolLimits.MaxParameters} are kept", nameof(extra));
    }

    /// <summary>Options that the first Start decides for good, in a fixed order.</summary>
    public static IEnumerable<(string Name, string? Value)> Fixed(CrashReporterOptions options) =>
    [
        (nameof(options.Headers), HeaderRules.Encode(options.Headers)),
        (nameof(options.CompressUploads), $"{options.CompressUploads}"),
        (nameof(options.RateLimit), $"{options.RateLimit}"),
        (nameof(options.WaitForUpload), $"{options.WaitForUpload ?? TimeSpan.Zero}"),
        (nameof(options.HeapDump), $"{options.HeapDump}"),
        (nameof(options.CaptureAllChildren), $"{options.CaptureAllChildren}"),
        (nameof(options.SanitizeStacks), $"{options.SanitizeStacks}"),
        (nameof(options.IncludeEnvironment), $"{options.IncludeEnvironment}"),
        (nameof(options.IgnoreSystemCrashHandler), $"{options.IgnoreSystemCrashHandler}"),
    ];

    private static void CheckName(string option, string? name)
    {
        if (name is not null && Encoding.UTF8.GetByteCount(name) is var bytes && bytes > ProtocolLimits.MaxNameBytes)
        {
            throw new ArgumentException($"{option} has {bytes} bytes of UTF-8; at most {ProtocolLimits.MaxNameBytes} are taken", nameof(CrashReporterOptions));
        }
    }

    /// <summary>Whether a process with this URL may use a handler with that one.</summary>
    public static bool SameUrl(string? own, string? handlers) => own is null || own == handlers || (handlers is not null && HttpUrl.Canonical(own) == HttpUrl.Canonical(handlers));

    /// <summary>Whether a process with this directory may use a handler with that one.</summary>
    public static bool SameDirectory(string? own, string handlers)
        => own is null || string.Equals(RealPath.Of(own), RealPath.Of(handlers), Places.FileNames);
}
