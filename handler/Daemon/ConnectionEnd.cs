namespace CrashHandler.Handler.Daemon;

/// <summary>Why the handler ended a connection that its peer wanted to keep.</summary>
internal enum ConnectionEnd
{
    /// <summary>It speaks another version.</summary>
    Version,
    /// <summary>It sent what is no whole, known frame, or not in its turn.</summary>
    Malformed,
    /// <summary>It belongs to another user.</summary>
    OtherUser,
    /// <summary>The handler, or that process, has as many as it may have.</summary>
    TooMany,
    /// <summary>It said nothing for too long.</summary>
    Silent,
    /// <summary>It does not read its answers.</summary>
    Unread,
    /// <summary>The handler had a fault of its own, or lacked something.</summary>
    Fault,
}
