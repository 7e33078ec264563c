using CrashHandler.Handler.Capture.Linux;
using CrashHandler.Handler.Posix;
using Serilog;

namespace CrashHandler.Handler.Daemon;

/// <summary>
/// Processes between the end of their connections and their own. One that dies lets go of its files first, and is dead a moment later, by its pidfd; only then is it known how it ended. One that
/// became another program (execve), or closed its connections and goes on, is none of them. On the event loop's thread only.
/// </summary>
/// <param name="loop">The handler's.</param>
/// <param name="tellsStatus">Whether the kernel is asked how a process ended; false is a test's hook.</param>
/// <param name="departed">Told of each that is dead, with its status as wait(2) has it, or null: nobody knows. The client is the callee's.</param>
/// <param name="log">The log.</param>
internal sealed class Departures(EventLoop loop, bool tellsStatus, Action<Client, int?> departed, Func<ILogger> log) : IDisposable
{
    private readonly Dictionary<ClientIdentity, Departing> _departing = [];

    /// <summary>How many there are.</summary>
    public int Count => _departing.Count;

    /// <summary>Takes a client that is none any more, if its process ends.</summary>
    /// <returns>False: it lives on, or nobody can tell.</returns>
    public bool TryTake(Client client)
    {
        if (client.PidFd is not { } pidFd || !ExitStatus.IsEnding(client.Identity.ProcessId, client.Identity.StartTime))
        {
            return false;
        }

        Departing departing = new(client);
        try
        {
            loop.Add(pidFd.Number, events => OnDead(departing, events));
        }
        catch (SyscallException exhausted)
        {
            log().Warning("How pid {Client} ends is not waited for: {Reason}", client.Identity.ProcessId, exhausted.Message);
            return false;
        }

        departing.Limit = loop.After(DaemonLimits.Departure, () => GiveUp(departing));
        _departing.Add(client.Identity, departing);
        return true;
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

    private void OnDead(Departing departing, uint events)
    {
        Client client = departing.Client;
        int? status = tellsStatus ? ExitStatus.Read(client.Identity.ProcessId, client.Identity.StartTime, client.PidFd!) : null;
        if (status is null && tellsStatus && !departing.AwaitsReaping && (events & Libc.EPOLLHUP) == 0)
        {
            AwaitReaping(departing);
            return;
        }

        Depart(departing, status);
    }

    // It stays readable for ever: from here on only its hang-up is worth a call (Linux 6.9), which says that it is reaped.
    private void AwaitReaping(Departing departing)
    {
        int pidFd = departing.Client.PidFd!.Number;
        departing.AwaitsReaping = true;
        departing.Limit?.Cancel();
        departing.Limit = loop.After(DaemonLimits.Reaping, () => Depart(departing, null));
        loop.Remove(pidFd);
        loop.Add(pidFd, events => OnDead(departing, events), events: 0);
    }

    private void GiveUp(Departing departing)
    {
        log().Warning("Pid {Client} has been ending for {Seconds} s; how it ends is not waited for", departing.Client.Identity.ProcessId, DaemonLimits.Departure.TotalSeconds);
        // As one that lives on.
        Depart(departing, 0);
    }

    private void Depart(Departing departing, int? waitStatus)
    {
        Forget(departing);
        departed(departing.Client, waitStatus);
    }

    private void Forget(Departing departing)
    {
        departing.Limit?.Cancel();
        loop.Remove(departing.Client.PidFd!.Number);
        _departing.Remove(departing.Client.Identity);
    }
}
