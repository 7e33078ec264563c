namespace CrashHandler.Handler.Reports;

/// <summary>A report, or something in quarantine, as <see cref="RetentionPolicy"/> knows it.</summary>
internal sealed record StoredItem
{
    /// <summary>The report's id; of something in quarantine, its name there.</summary>
    public required string Id { get; init; }

    public required StoredKind Kind { get; init; }

    /// <summary>Time of the crash; of something in quarantine, when it was put there.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>Bytes of everything but the heap dump: record, dump, stacks, attachments.</summary>
    public required long Bytes { get; init; }

    /// <summary>Bytes of the heap dump; 0: there is none.</summary>
    public long HeapDumpBytes { get; init; }

    /// <summary>Whether it must stay: somebody asked for its upload.</summary>
    public bool IsHeld { get; init; }
}
