using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Daemon;

/// <summary>On Windows a process is dead when its handle is signalled.</summary>
internal sealed partial class Departures
{
    private static bool? IsEnding(Client client, FileDescriptor process) => ProcessFacts.ExitCode(process) is not null;

    private void OnDead(Departing departing, uint events) => Depart(departing, tellsStatus ? ExitCode(departing.Client.PidFd!) : null);

    private int? ExitCode(FileDescriptor process)
    {
        try
        {
            return ProcessFacts.ExitCode(process);
        }
        catch (SyscallException failure)
        {
            log().Warning("How a process ended is not known: {Reason}", failure.Message);
            return null;
        }
    }
}
