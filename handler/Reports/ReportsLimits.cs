namespace CrashHandler.Handler.Reports;

/// <summary>Every limit of the database, with its unit and reason.</summary>
internal static class ReportsLimits
{
    /// <summary>Bytes of a record or settings file: 400 parameters of the longest kind, escaped, and room; more is no file of ours.</summary>
    public const int MaxJsonBytes = 32 << 20;

    /// <summary>Bytes of the URL in a request.</summary>
    public const int MaxUrlBytes = Protocol.ProtocolLimits.MaxUrlBytes;

    /// <summary>Bytes of an attachment: a few of them make a form that servers take. A longer one is left out, and the report says so.</summary>
    public const long MaxAttachmentBytes = 20 << 20;

    /// <summary>Bytes copied at once of an attachment; between two pieces the capture gives a sign of life.</summary>
    public const int AttachmentPieceBytes = 1 << 20;

    /// <summary>Bytes of UTF-8 of an attachment's name: what every file system takes, with room for what makes it unique.</summary>
    public const int MaxAttachmentNameBytes = 200;

    /// <summary>How long another handler's report of the same death is waited for: with what went before, less than the 30 s of the whole dialogue.</summary>
    public static readonly TimeSpan OtherHandler = TimeSpan.FromSeconds(25);

    /// <summary>How long the lock of the settings is waited for, which a change needs for milliseconds: less than the 5 s in which a client wants an answer.</summary>
    public static readonly TimeSpan SettingsLock = TimeSpan.FromSeconds(3);

    /// <summary>Days for which a report is kept: Crashpad's.</summary>
    public const int KeptDays = 365;

    /// <summary>MiB that all reports take together: Crashpad's.</summary>
    public const int KeptMebibytes = 128;

    /// <summary>Reports that are kept: with as many as this, the start of a handler, its memory and the lists have limits that are tested.</summary>
    public const int KeptReports = 10_000;

    /// <summary>The most days that anybody may say: 2,700 years, well within what a time span holds.</summary>
    public const int MostDays = 1_000_000;

    /// <summary>How often everything is looked through for what has grown old, and for what belongs to no report.</summary>
    public static readonly TimeSpan RetentionInterval = TimeSpan.FromDays(1);

    /// <summary>By how much the clock may leave the time that has passed behind, or be left: a machine sleeps over a weekend, and a clock that is set right is off by less.</summary>
    public static readonly TimeSpan ClockTrust = TimeSpan.FromDays(7);

    /// <summary>For how long a clock that went ahead further than that makes nothing old: whoever set it wrong has a day to see it.</summary>
    public static readonly TimeSpan ClockPatience = TimeSpan.FromDays(1);

    /// <summary>How long a deletion waits for the handler that uploads to end it: it is looked at 50 ms later, unless an upload is under way.</summary>
    public static readonly TimeSpan DeletionPatience = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How long a lock may be held by a report that is in use no more: a child that a handler is just starting has its files, and their locks, until it is another program.
    /// </summary>
    public static readonly TimeSpan UsePatience = TimeSpan.FromMilliseconds(500);

    /// <summary>How often it is looked whether it has ended.</summary>
    public static readonly TimeSpan DeletionLook = TimeSpan.FromMilliseconds(10);

    /// <summary>How often it is looked whether another handler still makes a report.</summary>
    public static readonly TimeSpan ClaimInterval = TimeSpan.FromMilliseconds(5);

    /// <summary>Deaths of handlers that are remembered: an operator wants the last ones, and that there are many.</summary>
    public const int HandlerDeaths = 32;

    /// <summary>Bytes of a socket's path in a handler's file: a socket has 107 at most (unix(7)), and whatever is longer is none.</summary>
    public const int AddressBytes = 128;

    /// <summary>Files that are counted into what a database takes: three of each of some ten thousand reports, and as many attachments. It is somebody's wait.</summary>
    public const int CountedFiles = 100_000;

    /// <summary>How deep the JSON of a record or of settings nests: what the serializer takes unasked.</summary>
    public const int JsonDepth = 64;

    /// <summary>Bytes of a record within which its state stands: it is the third member.</summary>
    public const int StateBytes = 1_024;
}
