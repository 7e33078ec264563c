namespace CrashHandler.Handler.Daemon;

/// <summary>What <c>crash-handler capture</c> was told.</summary>
internal sealed record SingleShotOptions
{
    /// <summary>Of the handler whose place it takes: the database, and where the report goes when the process names no URL of its own.</summary>
    public required HandlerNote Handler { get; init; }

    /// <summary>This process's end of the socketpair.</summary>
    public required int NoticeFd { get; init; }

    /// <summary>The registration block's memfd; null: the process has none.</summary>
    public int? BlockFd { get; init; }

    /// <summary>A test's hook: path of the walk's program; null: beside this one.</summary>
    public string? Walk { get; init; }

    /// <summary>A test's hook.</summary>
    public FailSpot? FailSpot { get; init; }
}
