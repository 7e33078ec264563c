using CrashHandler.Handler.Daemon;
using CrashHandler.Handler.Doctor.Facts;
using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Reports;
using CrashHandler.Protocol;

namespace CrashHandler.Handler.Doctor.Gathering;

/// <summary>Where handlers listen, and which of them answer.</summary>
internal static class PipeLook
{
    /// <param name="database">Absolute path of the database; null: none.</param>
    /// <param name="isElevated">Whether this process is elevated.</param>
    public static PipeFacts Gather(string? database, bool isElevated)
    {
        string? own = Own(database);
        // Who does not let this process in elsewhere is another user's handler, and no concern of this one.
        return new PipeFacts(own, isElevated, [.. Addresses(database).Select(Ask).Where(answer => answer.Kind != PipeAnswerKind.Refused || answer.Address == own)]);
    }

    /// <summary>Where handlers of this user may listen.</summary>
    public static IEnumerable<string> Addresses(string? database)
        => new[] { Own(database) }.OfType<string>().Concat(database is null ? [] : HandlerRun.Addresses(database)).Concat(HandlerAddress.Listed()).Distinct(StringComparer.OrdinalIgnoreCase);

    private static string? Own(string? database) => Directory.Exists(database) ? HandlerAddress.Of(database) : null;

    private static PipeAnswer Ask(string address)
    {
        try
        {
            using HandlerQuery query = HandlerQuery.Open(address);
            int handler = query.Welcome.HandlerProcessId;
            return new PipeAnswer(address, PipeAnswerKind.Answered, handler, TokenRights.Of(handler)?.IsElevated);
        }
        catch (SyscallException missing) when (missing.Errno == Libc.ENOENT)
        {
            return new PipeAnswer(address, PipeAnswerKind.Absent);
        }
        catch (SyscallException refused) when (refused.Errno == Libc.EACCES)
        {
            return new PipeAnswer(address, PipeAnswerKind.Refused, Reason: refused.Message);
        }
        catch (Exception silent) when (silent is SyscallException or DaemonException or MalformedFrameException)
        {
            return new PipeAnswer(address, PipeAnswerKind.Silent, Reason: silent.Message);
        }
    }
}
