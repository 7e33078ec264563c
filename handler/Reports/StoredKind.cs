namespace CrashHandler.Handler.Reports;

/// <summary>What takes room in a database, in the order in which it goes.</summary>
internal enum StoredKind
{
    /// <summary>Something in quarantine.</summary>
    Quarantined,

    /// <summary>A report that is done with.</summary>
    Completed,

    /// <summary>A report that waits for its upload.</summary>
    Pending,
}
