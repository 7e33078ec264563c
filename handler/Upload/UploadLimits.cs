namespace CrashHandler.Handler.Upload;

/// <summary>Every limit of the upload queue, with its unit and reason.</summary>
internal static class UploadLimits
{
    /// <summary>One attempt, connect to last byte: Socorro's collector takes ten seconds before it gives up by itself, slow lines take longer.</summary>
    public static readonly TimeSpan Attempt = TimeSpan.FromSeconds(60);

    /// <summary>Bytes of a form from which on the server is asked first (100-continue): the second that it costs where it is not answered is little against sending it.</summary>
    public const long AskFirstBytes = 4 << 20;

    /// <summary>Between two uploads to one host: BugSplat answers 429 below it.</summary>
    public static readonly TimeSpan BetweenUploads = TimeSpan.FromSeconds(1);

    /// <summary>Between two uploads of reports whose application wants a rate limit: Crashpad's, one an hour.</summary>
    public static readonly TimeSpan RateLimit = TimeSpan.FromHours(1);

    /// <summary>A server that answers later than this is not waited for: Retry-After is capped.</summary>
    public static readonly TimeSpan MaxRetryAfter = TimeSpan.FromHours(24);

    /// <summary>First delay after a transient failure: most last for seconds, and a process may be held until its report is sent.</summary>
    public static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(5);

    /// <summary>How much longer each further delay is: ten failures span half a day.</summary>
    public const double RetryGrowth = 3;

    /// <summary>The longest of these delays.</summary>
    public static readonly TimeSpan LongestRetry = TimeSpan.FromHours(8);

    /// <summary>By how much a delay is longer at most, as a part of it: those whom a server's failure threw back together do not come back together.</summary>
    public const double Jitter = 0.2;

    /// <summary>Answered failures after which a report is given up; it can be sent again on request.</summary>
    public const int MaxAnsweredFailures = 10;

    /// <summary>Bytes read of an answer: an id is short, and a server may never end.</summary>
    public const int MaxAnswerBytes = 65_536;

    /// <summary>Bytes kept of an answer as the id: Crashpad keeps all, Electron's document speaks of an id.</summary>
    public const int MaxKeptAnswerBytes = 4_096;

    /// <summary>How long until the database is looked at again unasked, as often as Crashpad looks: for file systems that tell of no changes.</summary>
    public static readonly TimeSpan LookAgain = TimeSpan.FromMinutes(15);

    /// <summary>After the disk failed, how long until the database is tried again.</summary>
    public static readonly TimeSpan DiskRetry = TimeSpan.FromSeconds(30);
}
