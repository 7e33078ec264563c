namespace CrashHandler.Handler.Upload;

/// <summary>What the queue is at.</summary>
/// <param name="Current">Id of the report that is being sent; null: none.</param>
/// <param name="LastError">The last failure in words; null: none since the start.</param>
internal sealed record UploadQueueStatus(string? Current, string? LastError)
{
    /// <summary>Reports that wait; null: another handler sends those of this database, or the queue has not looked yet.</summary>
    public int? Waiting { get; init; }

    /// <summary>When the next one is due that may be sent; null: none may, or none waits.</summary>
    public DateTimeOffset? NextAttempt { get; init; }

    /// <summary>Attempts since the start, answered or not.</summary>
    public int Attempts { get; init; }

    /// <summary>Reports that a server took, or said it does not want, since the start.</summary>
    public int Uploaded { get; init; }

    /// <summary>Reports that were given up since the start.</summary>
    public int Failed { get; init; }
}
