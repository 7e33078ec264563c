namespace CrashHandler.Handler.Daemon;

/// <summary>What one process has of the handler, and may have: every connection that it made is on its account, whoever writes on it now.</summary>
internal sealed class PeerAccount(int processId)
{
    private int _logged;

    /// <summary>Whose it is, in the handler's namespace.</summary>
    public int ProcessId { get; } = processId;

    /// <summary>Its open connections.</summary>
    public int Connections { get; set; }

    /// <summary>Connections that it may make.</summary>
    public Allowance Connects { get; } = new(DaemonLimits.ConnectsAtOnce, DaemonLimits.ConnectsPerSecond);

    /// <summary>Seconds of the event loop.</summary>
    public Allowance LoopTime { get; } = new(DaemonLimits.LoopTimeAtOnce.TotalSeconds, DaemonLimits.LoopShare);

    /// <summary>Reports that it may have made: of deaths told on its connections, and of its demands.</summary>
    public Allowance Reports { get; } = new(DaemonLimits.ReportsAtOnce, DaemonLimits.ReportsPerSecond);

    /// <summary>Notes that it may put into the log.</summary>
    public Allowance Notes { get; } = new(DaemonLimits.NotesAtOnce, DaemonLimits.NotesPerSecond);

    /// <summary>Whether something is said of this process for the first time.</summary>
    public bool IsFirst(LogTopic topic)
    {
        int bit = 1 << (int)topic;
        bool isFirst = (_logged & bit) == 0;
        _logged |= bit;
        return isFirst;
    }

    /// <summary>Whether it is as one that was never seen, but for what the log has said of it.</summary>
    public bool IsAtRest(TimeSpan now) => Connections == 0 && Connects.IsFull(now) && LoopTime.IsFull(now) && Reports.IsFull(now) && Notes.IsFull(now);
}
