namespace CrashHandler;

/// <summary>
/// A crash server that is known: the form of its URL, and the fields it wants beside ours. For <see cref="CrashReporterOptions.Server"/>; any
/// other server takes a plain <see cref="CrashReporterOptions.SubmitUrl"/>. A value of the same name in
/// <see cref="CrashReporterOptions.Extra"/> wins over a field of these.
/// </summary>
public sealed class CrashServer
{
    private readonly Func<string, string?, IEnumerable<KeyValuePair<string, string?>>> _fields;

    private CrashServer(string name, string url, Func<string, string?, IEnumerable<KeyValuePair<string, string?>>> fields)
    {
        Name = name;
        Url = url;
        _fields = fields;
    }

    /// <summary>The server's kind, such as <c>Sentry</c>.</summary>
    public string Name { get; }

    /// <summary>Where reports are sent.</summary>
    public string Url { get; }

    /// <summary>
    /// Mozilla's Socorro: <c>BASE/submit</c>, with the fields its throttling rules look at: <c>ProductName</c>, <c>Version</c>, and
    /// <c>ReleaseChannel</c> and <c>BuildID</c> where they are given. The answer's <c>CrashID=</c> is the id.
    /// </summary>
    /// <param name="collector">The collector's base URL, such as <c>https://crash-reports.example.com</c>.</param>
    /// <param name="releaseChannel">Such as <c>release</c> or <c>nightly</c>.</param>
    /// <param name="buildId">Such as <c>20261123080000</c>.</param>
    /// <exception cref="ArgumentException">The URL is not an absolute http or https one.</exception>
    public static CrashServer Socorro(string collector, string? releaseChannel = null, string? buildId = null)
        => new(nameof(Socorro), Below(collector, "submit"), (product, version) =>
            [new("ProductName", product), new("Version", version), new("ReleaseChannel", releaseChannel), new("BuildID", buildId)]);

    /// <summary>
    /// Sentry, by a project's DSN: <c>https://HOST/api/PROJECT/minidump/?sentry_key=KEY</c>, with <c>sentry[release]</c> as
    /// <c>product@version</c> and <c>sentry[environment]</c> where it is given. The answer is the event's id.
    /// </summary>
    /// <param name="dsn">As the project's settings show it: <c>https://KEY@HOST/PROJECT</c>.</param>
    /// <param name="environment">Such as <c>production</c>.</param>
    /// <exception cref="ArgumentException">It is no DSN.</exception>
    public static CrashServer Sentry(string dsn, string? environment = null)
    {
        Uri project = Parse(dsn, nameof(dsn));
        string key = project.UserInfo.Split(':')[0];
        string path = project.AbsolutePath.Trim('/');
        int last = path.LastIndexOf('/');
        string id = path[(last + 1)..];
        if (key.Length == 0 || id.Length == 0)
        {
            throw new ArgumentException($"a DSN has the form https://KEY@HOST/PROJECT; this one is '{Protocol.UrlRedaction.Redact(dsn)}'", nameof(dsn));
        }

        string prefix = last < 0 ? "" : path[..last] + "/";
        return new CrashServer(nameof(Sentry), $"{project.Scheme}://{project.Authority}/{prefix}api/{id}/minidump/?sentry_key={key}", (product, version) =>
            [new("sentry[release]", version is null ? null : $"{product}@{version}"), new("sentry[environment]", environment)]);
    }

    /// <summary>
    /// Backtrace: <c>https://submit.backtrace.io/UNIVERSE/TOKEN/minidump</c>, with the attributes <c>application</c> and <c>version</c>. The
    /// answer's <c>_rxid</c> is the id.
    /// </summary>
    /// <param name="universe">The universe, as in its URL.</param>
    /// <param name="token">A submission token of the project.</param>
    /// <exception cref="ArgumentException">One of them is empty.</exception>
    public static CrashServer Backtrace(string universe, string token)
    {
        ArgumentException.ThrowIfNullOrEmpty(universe);
        ArgumentException.ThrowIfNullOrEmpty(token);
        return new CrashServer(
            nameof(Backtrace),
            $"https://submit.backtrace.io/{Uri.EscapeDataString(universe)}/{Uri.EscapeDataString(token)}/minidump",
            (product, version) => [new("application", product), new("version", version)]);
    }

    /// <summary>
    /// BugSplat: <c>https://DATABASE.bugsplat.com/post/electron/v2/crash.php</c>, with <c>product</c> and <c>version</c>, which it refuses
    /// reports without, and <c>key</c> where it is given. The answer's <c>crashId</c> is the id.
    /// </summary>
    /// <param name="database">The BugSplat database: letters, digits, <c>_</c> and <c>-</c>.</param>
    /// <param name="key">Support response key.</param>
    /// <exception cref="ArgumentException">The name is empty, or none.</exception>
    public static CrashServer BugSplat(string database, string? key = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(database);
        if (!database.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-'))
        {
            throw new ArgumentException($"a BugSplat database's name has letters, digits, '_' and '-'; this one is '{database}'", nameof(database));
        }

        return new CrashServer(
            nameof(BugSplat),
            $"https://{database}.bugsplat.com/post/electron/v2/crash.php",
            (product, version) => [new("product", product), new("version", version ?? "0"), new("key", key)]);
    }

    /// <summary>
    /// mini-breakpad-server, and those that came of it: <c>BASE/post</c>. It goes by <c>prod</c> and <c>ver</c>, which are ours. The answer is
    /// the id.
    /// </summary>
    /// <param name="server">The server's base URL, such as <c>http://127.0.0.1:1127</c>.</param>
    /// <exception cref="ArgumentException">The URL is not an absolute http or https one.</exception>
    public static CrashServer MiniBreakpad(string server) => new(nameof(MiniBreakpad), Below(server, "post"), (_, _) => []);

    /// <summary>The fields it wants.</summary>
    internal IReadOnlyDictionary<string, string> Fields(string product, string? version)
        => _fields(product, version).Where(field => field.Value is not null).ToDictionary(field => field.Key, field => field.Value!);

    private static string Below(string server, string path)
    {
        Uri url = Parse(server, nameof(server));
        return $"{url.GetLeftPart(UriPartial.Path).TrimEnd('/')}/{path}{url.Query}";
    }

    private static Uri Parse(string url, string name)
    {
        ArgumentNullException.ThrowIfNull(url, name);
        return HttpUrl.TryParse(url, out Uri? parsed) ? parsed
            : throw new ArgumentException($"must be an absolute http or https URL; it is '{Protocol.UrlRedaction.Redact(url)}'", name);
    }
}
