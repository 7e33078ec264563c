namespace CrashHandler.Handler.Daemon;

/// <summary>What the log says once of a process, however often it does it. The first ones are those of <see cref="ConnectionEnd"/>.</summary>
internal enum LogTopic
{
    /// <summary>It has registered.</summary>
    Registered = ConnectionEnds.Count,
    /// <summary>Its block is none, or cannot be read.</summary>
    Block,
    /// <summary>It wants a heap dump, and may get none.</summary>
    HeapDump,
    /// <summary>More deaths are told on its connections, or reports demanded, than it may have.</summary>
    Reports,
    /// <summary>It asks for more of the handler's time than it may have, and is served later.</summary>
    LoopTime,
    /// <summary>It has more notes than the log takes of one process.</summary>
    Notes,
}
