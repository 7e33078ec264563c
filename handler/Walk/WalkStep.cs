namespace CrashHandler.Handler.Walk;

/// <summary>The steps of a walk, for whoever watches its progress; a test ends or stops the handler at one of them.</summary>
internal enum WalkStep
{
    /// <summary>Its process is not started yet.</summary>
    WalkBegins,
    /// <summary>Its process runs.</summary>
    WalkRuns,
    /// <summary>Its process is gone.</summary>
    WalkEnded,
}
