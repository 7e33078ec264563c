namespace CrashHandler.Handler.Attach;

/// <summary>What became of one process.</summary>
internal enum AttachResult
{
    /// <summary>It is attached now.</summary>
    Attached,

    /// <summary>A running handler had it already.</summary>
    Covered,

    /// <summary>It cannot be attached as it is.</summary>
    NotAttachable,

    /// <summary>It could have been attached, and was not.</summary>
    Failed,
}
