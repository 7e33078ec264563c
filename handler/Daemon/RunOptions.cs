using CrashHandler.Handler.Reports;

namespace CrashHandler.Handler.Daemon;

/// <summary>What <c>crash-handler run</c> was told.</summary>
internal sealed record RunOptions
{
    /// <summary>The database's directory.</summary>
    public required string Database { get; init; }

    /// <summary>Where reports go that name no URL of their own; null: they wait.</summary>
    public Uri? Url { get; init; }

    /// <summary>Whether uploads are compressed, unless a process says so itself.</summary>
    public bool CompressUploads { get; init; }

    /// <summary>Whether uploads keep an hour from each other, unless a process says so itself.</summary>
    public bool RateLimit { get; init; }

    /// <summary>The socket's path; null: derived from the database.</summary>
    public string? Pipe { get; init; }

    /// <summary>Whose processes are served, besides those of the handler's own user.</summary>
    public ServedUsers Served { get; init; } = ServedUsers.OwnOnly;

    /// <summary>Annotations for every report; a process's own value wins.</summary>
    public IReadOnlyDictionary<string, string> Annotations { get; init; } = new Dictionary<string, string>();

    /// <summary>How much of the database is kept.</summary>
    public RetentionLimits Retention { get; init; } = RetentionLimits.Default;

    /// <summary>Whether the handler stays when it has no clients.</summary>
    public bool IsPersistent { get; init; }

    /// <summary>Stored as the application's choice before the queue starts; null: what is stored holds.</summary>
    public bool? Uploads { get; init; }

    /// <summary>Where the ready line goes; null: nowhere.</summary>
    public int? ReadyFd { get; init; }

    /// <summary>A test's hook: path of the walk's program; null: beside this one.</summary>
    public string? Walk { get; init; }

    /// <summary>A test's hook: false is a kernel that does not tell how a process ended.</summary>
    public bool TellsExitStatus { get; init; } = true;

    /// <summary>A test's hook: modules that a dump leaves out, by file name. Of Windows: under Wine each of .NET's costs seconds.</summary>
    public IReadOnlyCollection<string> OmittedModules { get; init; } = [];

    /// <summary>A test's hook.</summary>
    public FailSpot? FailSpot { get; init; }
}
