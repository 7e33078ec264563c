using CrashHandler.Handler.Daemon;
using CrashHandler.Handler.Doctor.Facts;
using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Doctor.Checks;

/// <summary>Whether handlers find a place to listen at, and clients their handler.</summary>
internal static class SocketCheck
{
    private const string Check = "socket";

    /// <summary>Bytes of a path that a socket takes: sun_path less its end (unix(7)).</summary>
    private const int MaxPathBytes = SeqPacketSocket.MaxPathBytes - 1;

    /// <summary>Judges.</summary>
    public static Finding Evaluate(SocketFacts facts)
    {
        string handlers = facts.Handlers.Count switch
        {
            0 => "no handler answers",
            1 => $"handler {facts.Handlers[0]} answers",
            _ => $"{facts.Handlers.Count} handlers answer",
        };
        string found = $"'{facts.Directory}'; {handlers}";
        if (facts.Owner is { } owner && owner != facts.User)
        {
            return Finding.Problem(
                Check, $"'{facts.Directory}' belongs to user {owner}, and this is user {facts.User}", "No handler of this user can listen.", $"Remove it, or set {HandlerAddress.RuntimeDirectoryVariable} to a directory of this user.");
        }

        if (facts.PathBytes > MaxPathBytes)
        {
            return Finding.Problem(
                Check, $"{found}; a socket's path there has {facts.PathBytes} bytes", $"A socket's path has at most {MaxPathBytes} bytes: no handler can listen.", $"Set {HandlerAddress.RuntimeDirectoryVariable} to a shorter one, or use --pipe.");
        }

        if (facts.Stopped.Count > 0)
        {
            return Finding.Problem(
                Check,
                $"{found}; nobody answers at {Names.List(facts.Stopped)}, whose lock is held",
                "That handler is stopped, or hangs: its clients' crashes are reported by handlers of their own, late.",
                "Continue it ('kill -CONT PID'), or end it; 'fuser' names who holds the lock beside the socket.");
        }

        if (facts.Stale.Count > 0)
        {
            return Finding.Warning(
                Check,
                $"{found}; nobody answers at {Names.List(facts.Stale)}",
                "Left by handlers that were killed. Harmless: the next handler of the same database takes the place.",
                "Remove them, if their applications are gone.");
        }

        bool isIgnored = facts.RuntimeDirectory is { Length: > 0 } && !facts.IsRuntimeDirectoryOwn;
        return isIgnored
            ? Finding.Warning(
                Check,
                $"{found}; {HandlerAddress.RuntimeDirectoryVariable} '{facts.RuntimeDirectory}' is not taken",
                "It is no directory of this user alone (after su or sudo it is often somebody else's), or too long. Clients and tools that have another value look elsewhere.",
                $"Set it to /run/user/{facts.User}, or to nothing, for all of them.")
            : Finding.Ok(Check, found);
    }
}
