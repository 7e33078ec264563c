namespace CrashHandler.Handler.Reports;

/// <summary>What takes room in a database, in the order in which it goes.</summary>
internal enum StoredKind
{
    /// <summary>Something in quarantine.</summary>
    Quarantined,

    /// <summary>A report that was sent, or that its server does not want.</summary>
    Completed,

    /// <summary>A report that was skipped or failed: it is sent when somebody asks for it.</summary>
    Unsent,

    /// <summary>A report that waits for its upload.</summary>
    Pending,
}
