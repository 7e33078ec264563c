using CrashHandler.Handler.Daemon;
using CrashHandler.Handler.Posix;
using CrashHandler.Protocol;

namespace CrashHandler.Handler.Doctor.Gathering;

/// <summary>What a running handler knows of a process that it covers.</summary>
internal static class ClientLook
{
    /// <summary>What the process should have in place and has not; null: no handler that answers has it as a client.</summary>
    /// <param name="pid">The process.</param>
    /// <param name="addresses">Where its handler may listen.</param>
    public static Hooks? Missing(int pid, IEnumerable<string> addresses)
    {
        foreach (string address in addresses)
        {
            if (Clients(address).FirstOrDefault(client => client.Pid == pid) is { } client && Enum.TryParse(client.Missing, out Hooks missing))
            {
                return missing;
            }
        }

        return null;
    }

    private static IReadOnlyList<StatusClient> Clients(string address)
    {
        try
        {
            using HandlerQuery query = HandlerQuery.Open(address);
            return StatusJson.Decode(query.GetStatus()).Clients;
        }
        catch (Exception nobody) when (nobody is SyscallException or DaemonException or MalformedFrameException)
        {
            // The check of addresses says so.
            return [];
        }
    }
}
