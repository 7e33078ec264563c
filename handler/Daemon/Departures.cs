using CrashHandler.Handler.Posix;
using Serilog;

namespace CrashHandler.Handler.Daemon;

/// <summary>
/// Processes between the end of their connections and their own. One that dies lets go of its files first, and is dead a moment later; only then is it known how it ended. One that closed its
/// connections and goes on is waited for as long as the handler runs for others: it may have nothing left to tell its crash with. One that became another program is none of them. On the event
/// loop's thread only.
/// </summary>
/// <param name="loop">The handler's.</param>
/// <param name="tellsStatus">Whether the system is asked how a process ended; false is a test's hook.</param>
/// <param name="departed">Told of each that is dead, with its status, as wait(2) has it or as an exit code, or null: nobody knows. The client is the callee's.</param>
/// <param name="log">The log.</param>
internal sealed partial class Departures(EventLoop loop, bool tellsStatus, Action<Client, int?> departed, Func<ILogger> log) : IDisposable
{
    private readonly Dictionary<ClientIdentity, Departing> _departing = [];

    /// <summary>How many are about to end.</summary>
    public int EndingCount { get; private set; }

    /// <summary>Takes a client that is none any more, if its process ends or goes on as what it was.</summary>
    /// <returns>False: it became another program, or nobody can tell; or there are too many.</returns>
    public bool TryTake(Client client)
    {
        try
        {
            if (client.PidFd is not { } process || IsEnding(client, process) is not { } isEnding)
            {
                return false;
            }

            if (!isEnding && _departing.Count >= DaemonLimits.Disconnected)
            {
                log().Warning("How pid {Client} ends, which let go of its connections, is not waited for: {Limit} others are", client.Identity.ProcessId, DaemonLimits.Disconnected);
                return false;
            }

            Departing departing = new(client, isEnding);
            loop.Add(process.Number, events => OnDead(departing, events));
            if (isEnding)
            {
                departing.Limit = loop.After(DaemonLimits.Departure, () => GiveUp(departing));
                EndingCount++;
            }

            _departing.Add(client.Identity, departing);
            return true;
        }
        catch (SyscallException failure)
        {
            log().Warning("How pid {Client} ends is not waited for: {Reason}", client.Identity.ProcessId, failure.Message);
            return false;
        }
    }

    /// <summary>Looks again at those that go on.</summary>
    /// <returns>Whether there are any.</returns>
    public bool Sample()
    {
        foreach (Departing departing in _departing.Values)
        {
            if (!departing.IsEnding)
            {
                departing.Client.LastKnown.Sample();
            }
        }

        return _departing.Count > EndingCount;
    }

    /// <summary>A process that was thought to end is back.</summary>
    public void Cancel(ClientIdentity identity)
    {
        if (_departing.TryGetValue(identity, out Departing? back))
        {
            Forget(back);
            back.Client.Dispose();
        }
    }

    public void Dispose()
    {
        foreach (Departing departing in (Departing[])[.. _departing.Values])
        {
            Cancel(departing.Client.Identity);
        }
    }

    private void GiveUp(Departing departing)
    {
        log().Warning("Pid {Client} has been ending for {Seconds} s; how it ends is not waited for", departing.Client.Identity.ProcessId, DaemonLimits.Departure.TotalSeconds);
        // As one that lives on.
        Depart(departing, 0);
    }

    private void Depart(Departing departing, int? status)
    {
        Forget(departing);
        // Of one that became another user's meanwhile nothing is told.
        departed(departing.Client, departing.Client.LastKnown.IsAnothers ? 0 : status);
    }

    private void Forget(Departing departing)
    {
        departing.Limit?.Cancel();
        loop.Remove(departing.Client.PidFd!.Number);
        _departing.Remove(departing.Client.Identity);
        EndingCount -= departing.IsEnding ? 1 : 0;
    }
}
