namespace CrashHandler.Handler.Daemon;

/// <summary>The steps of a crash that are neither the capture's nor the database's; a test ends or stops the handler at one of them.</summary>
internal enum CrashStep
{
    /// <summary>The notice is read; <c>taken</c> is not sent.</summary>
    NoticeReceived,
    /// <summary><c>taken</c> is sent.</summary>
    Taken,
    /// <summary>The threads stand still.</summary>
    Frozen,
    /// <summary>The snapshot is whole.</summary>
    SnapshotTaken,
    /// <summary>The report is filed; the threads still stand.</summary>
    Recorded,
    /// <summary>The threads are let go; <c>release</c> is not sent.</summary>
    LetGo,
}
