namespace CrashHandler.Handler.Upload;

/// <summary>Every limit of the upload queue, with its unit and reason.</summary>
internal static class UploadLimits
{
    /// <summary>One attempt, connect to last byte: Socorro's collector takes ten seconds before it gives up by itself, slow lines take longer.</summary>
    public static readonly TimeSpan Attempt = TimeSpan.FromSeconds(60);

    /// <summary>Between two uploads: BugSplat answers 429 below it.</summary>
    public static readonly TimeSpan BetweenUploads = TimeSpan.FromSeconds(1);

    /// <summary>A server that answers later than this is not waited for: Retry-After is capped.</summary>
    public static readonly TimeSpan MaxRetryAfter = TimeSpan.FromHours(24);

    /// <summary>First delay after a transient failure; it doubles with each further one.</summary>
    public static readonly TimeSpan FirstRetry = TimeSpan.FromMinutes(1);

    /// <summary>The longest of these delays.</summary>
    public static readonly TimeSpan LongestRetry = TimeSpan.FromHours(8);

    /// <summary>Answered failures after which a report is given up; it can be sent again on request.</summary>
    public const int MaxAnsweredFailures = 10;

    /// <summary>Bytes read of an answer: an id is short, and a server may never end.</summary>
    public const int MaxAnswerBytes = 65_536;

    /// <summary>Bytes kept of an answer as the id: Crashpad keeps all, Electron's document speaks of an id.</summary>
    public const int MaxKeptAnswerBytes = 4_096;

    /// <summary>How long until the database is looked at again unasked: another handler on it may have filed a report. As often as Crashpad looks.</summary>
    public static readonly TimeSpan LookAgain = TimeSpan.FromMinutes(15);

    /// <summary>After the disk failed, how long until the database is tried again.</summary>
    public static readonly TimeSpan DiskRetry = TimeSpan.FromSeconds(30);

    /// <summary>When another handler uploads, how long until we look again whether it still does.</summary>
    public static readonly TimeSpan LockRetry = TimeSpan.FromSeconds(30);
}
