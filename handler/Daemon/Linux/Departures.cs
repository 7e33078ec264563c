using CrashHandler.Handler.Capture.Linux;
using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Daemon;

/// <summary>On Linux a process is dead by its pidfd, and one that called execve is another program.</summary>
internal sealed partial class Departures
{
    private static bool? IsEnding(Client client, FileDescriptor process)
        => ExitStatus.StageOf(client.Identity.ProcessId, client.Identity.StartTime, client.LastKnown.EnvironmentStart) is var stage and not ProcessStage.Unknown ? stage == ProcessStage.Ending : null;

    private void OnDead(Departing departing, uint events)
    {
        Client client = departing.Client;
        if (!departing.IsEnding && !departing.AwaitsReaping)
        {
            client.LastKnown.SeeEnd(client.Identity.StartTime);
        }

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
}
