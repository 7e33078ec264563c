namespace CrashHandler.Handler.Daemon;

/// <summary>A running handler's state, as <c>status --json</c> shows it.</summary>
internal sealed record StatusDocument
{
    public required int HandlerPid { get; init; }

    public required string Version { get; init; }

    public required DateTimeOffset Since { get; init; }

    public required string Database { get; init; }

    public required string Address { get; init; }

    /// <summary>Without credentials; null when the handler has no URL of its own.</summary>
    public required string? Url { get; init; }

    public required bool Persistent { get; init; }

    /// <summary>Whether uploads happen: the application's and the operator's choice together.</summary>
    public required bool Uploads { get; init; }

    /// <summary>Whether what waits goes on waiting until the operator resumes.</summary>
    public required bool Paused { get; init; }

    public required IReadOnlyList<StatusClient> Clients { get; init; }

    /// <summary>Reports that wait, as its queue knows; null: another handler sends those of this database.</summary>
    public int? Waiting { get; init; }

    /// <summary>Id of the report that is being sent; null: none.</summary>
    public string? Sending { get; init; }

    /// <summary>When the next one is due; null: none is.</summary>
    public DateTimeOffset? NextAttempt { get; init; }

    /// <summary>Deaths seen by this handler.</summary>
    public required int Captured { get; init; }

    /// <summary>Deaths of which no report could be made.</summary>
    public required int Lost { get; init; }

    /// <summary>Connections that the handler ended.</summary>
    public required int Refused { get; init; }

    /// <summary>How many of them, by <see cref="ConnectionEnd"/>; of a handler that does not say so, none.</summary>
    public int[] Refusals { get; init; } = new int[ConnectionEnds.Count];

    /// <summary>Attempts to send a report, answered or not.</summary>
    public int Attempts { get; init; }

    /// <summary>Reports that a server took, or did not want.</summary>
    public int Uploaded { get; init; }

    /// <summary>Reports that were given up.</summary>
    public int Failed { get; init; }

    /// <summary>The queue's last error; null when there was none.</summary>
    public required string? LastUploadError { get; init; }

    /// <summary>The last things that failed, newest first.</summary>
    public IReadOnlyList<RecentError> LastErrors { get; init; } = [];
}
