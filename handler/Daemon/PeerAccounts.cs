using CrashHandler.Handler.Posix;
using Serilog;

namespace CrashHandler.Handler.Daemon;

/// <summary>
/// What every process has of the handler, what it may have, and what the log says of it: no process takes what others need, nor flushes the log. On the event
/// loop's thread. Bounded: processes that are gone and have nothing left are forgotten.
/// </summary>
/// <param name="maxConnections">Connections at once, of all processes.</param>
/// <param name="time">The clock.</param>
/// <param name="log">The log.</param>
internal sealed class PeerAccounts(int maxConnections, TimeProvider time, Func<ILogger> log)
{
    private readonly long _began = time.GetTimestamp();
    private readonly Dictionary<int, PeerAccount> _accounts = [];
    private readonly Allowance _lines = new(DaemonLimits.ClientLogLinesAtOnce, DaemonLimits.ClientLogLinesPerSecond);
    private readonly int[] _ends = new int[ConnectionEnds.Count];
    private int _connections;
    private int _inspectors;
    private int _leftOut;

    /// <summary>Connections ended, by <see cref="ConnectionEnd"/>.</summary>
    public int[] Ends => [.. _ends];

    /// <summary>All of them.</summary>
    public int Ended { get; private set; }

    /// <summary>How many processes are remembered.</summary>
    public int Count => _accounts.Count;

    /// <summary>Connections that this process may have in all, by how many descriptors it may open.</summary>
    /// <exception cref="SyscallException">That cannot be read.</exception>
    public static int ConnectionsFor(ulong descriptors)
    {
        ulong free = descriptors > DaemonLimits.DescriptorReserve ? descriptors - DaemonLimits.DescriptorReserve : 0;
        return (int)Math.Clamp(free / DaemonLimits.DescriptorsPerConnection, DaemonLimits.MaxConnectionsPerProcess, DaemonLimits.MaxConnections);
    }

    /// <summary>A monotonic time, for allowances.</summary>
    public TimeSpan Now => time.GetElapsedTime(_began);

    /// <summary>A process has connected.</summary>
    /// <param name="processId">Which.</param>
    /// <param name="refusal">Why it is not to be served; null: it is.</param>
    public PeerAccount Enter(int processId, out string? refusal)
    {
        PeerAccount account = Of(processId);
        account.Connections++;
        _connections++;
        refusal = account.Connections > DaemonLimits.MaxConnectionsPerProcess ? $"this handler takes {DaemonLimits.MaxConnectionsPerProcess} connections of one process"
            : _connections > maxConnections ? $"this handler takes {maxConnections} connections"
            : !account.Connects.TryTake(Now) ? $"this handler takes {DaemonLimits.ConnectsPerSecond} new connections of one process in a second"
            : null;
        return account;
    }

    /// <summary>One of its connections is an inspector's.</summary>
    /// <returns>Why it is not to be served; null: it is.</returns>
    public string? EnterInspector() => ++_inspectors > DaemonLimits.MaxInspectors ? $"this handler answers {DaemonLimits.MaxInspectors} inspectors at a time" : null;

    /// <summary>A connection is over.</summary>
    public void Leave(PeerAccount account, bool isInspector)
    {
        account.Connections--;
        _connections--;
        _inspectors -= isInspector ? 1 : 0;
    }

    /// <summary>Counts an end, and says why once of each process.</summary>
    public void CountEnd(PeerAccount account, ConnectionEnd end, string why)
    {
        _ends[(int)end]++;
        Ended++;
        if (MayLog(account, (LogTopic)end))
        {
            log().Warning("Connection of pid {Client} ended: {Reason}", account.ProcessId, why);
        }
    }

    /// <summary>Whether something may be said of a process: it was not yet, and clients have not filled the log.</summary>
    public bool MayLog(PeerAccount account, LogTopic topic) => account.IsFirst(topic) && MayLog();

    /// <inheritdoc cref="MayLog(PeerAccount, LogTopic)"/>
    public bool MayLog(int processId, LogTopic topic) => MayLog(Of(processId), topic);

    /// <summary>Counts the time that the loop had for a process.</summary>
    public void Charge(PeerAccount account, TimeSpan used)
        => account.LoopTime.Charge((used < DaemonLimits.LongestCharge ? used : DaemonLimits.LongestCharge).TotalSeconds, Now);

    /// <summary>For how long a process is not to be read; zero: it is.</summary>
    public TimeSpan Pause(PeerAccount account)
    {
        TimeSpan pause = account.LoopTime.Wait(Now);
        if (pause > TimeSpan.Zero && MayLog(account, LogTopic.LoopTime))
        {
            log().Warning("Pid {Client} asks for more than its share of this handler's time, and is served later", account.ProcessId);
        }

        return pause;
    }

    /// <summary>Whether another line may be said that clients cause.</summary>
    public bool MayLog()
    {
        if (!_lines.TryTake(Now))
        {
            _leftOut++;
            return false;
        }

        if (_leftOut > 0)
        {
            log().Warning("{Lines} lines about clients were left out: too many in a short time", _leftOut);
            _leftOut = 0;
        }

        return true;
    }

    private PeerAccount Of(int processId)
    {
        if (_accounts.TryGetValue(processId, out PeerAccount? known))
        {
            return known;
        }

        if (_accounts.Count >= DaemonLimits.RememberedProcesses)
        {
            Forget();
        }

        PeerAccount account = new(processId);
        _accounts.Add(processId, account);
        return account;
    }

    // Those at rest; if there are none, those that are gone: what they had is not worth what remembering them costs.
    private void Forget()
    {
        TimeSpan now = Now;
        ForgetThose(account => account.IsAtRest(now));
        if (_accounts.Count >= DaemonLimits.RememberedProcesses)
        {
            ForgetThose(account => account.Connections == 0);
        }
    }

    private void ForgetThose(Func<PeerAccount, bool> match)
    {
        foreach (PeerAccount account in _accounts.Values)
        {
            if (match(account))
            {
                // Removing while enumerating is allowed of a Dictionary.
                _accounts.Remove(account.ProcessId);
            }
        }
    }
}
