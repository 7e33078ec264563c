using CrashHandler.Handler.Daemon;
using CrashHandler.Handler.Posix;
using CrashHandler.Protocol;

namespace CrashHandler.Handler.Doctor.Gathering;

/// <summary>What a running handler knows of a process that it covers.</summary>
internal static class ClientLook
{
    /// <summary>What the process should have in place and has not; null: no handler that answers at the usual places has it as a client.</summary>
    /// <param name="pid">The process.</param>
    /// <param name="runtimeDirectory">XDG_RUNTIME_DIR.</param>
    /// <param name="user">Its user.</param>
    public static Hooks? Missing(int pid, string? runtimeDirectory, uint user)
    {
        foreach (string socket in SocketLook.Sockets(runtimeDirectory, user))
        {
            if (Clients(socket).FirstOrDefault(client => client.Pid == pid) is { } client && Enum.TryParse(client.Missing, out Hooks missing))
            {
                return missing;
            }
        }

        return null;
    }

    private static IReadOnlyList<StatusClient> Clients(string socket)
    {
        try
        {
            using HandlerQuery query = HandlerQuery.Open(socket);
            return StatusJson.Decode(query.GetStatus()).Clients;
        }
        catch (Exception nobody) when (nobody is SyscallException or DaemonException or MalformedFrameException)
        {
            // The check of sockets says so.
            return [];
        }
    }
}
