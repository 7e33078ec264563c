using System.Text;
using CrashHandler.Handler.Daemon;
using CrashHandler.Handler.Doctor.Facts;
using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Reports;

namespace CrashHandler.Handler.Doctor.Gathering;

/// <summary>Where handlers of this user listen, and which of them answer.</summary>
internal static class SocketLook
{
    public static SocketFacts Gather(Func<string, string?> variable)
    {
        uint user = PosixFiles.UserId();
        string? runtime = variable(HandlerAddress.RuntimeDirectoryVariable);
        string taken = HandlerAddress.Chosen(runtime, user);
        List<int> handlers = [];
        List<string> stale = [], stopped = [];
        foreach (string socket in Sockets(runtime, user))
        {
            if (HandlerQuery.TryWelcome(socket) is { } welcome)
            {
                handlers.Add(welcome.HandlerProcessId);
            }
            else
            {
                (IsLocked(HandlerNote.PathFor(socket)) ? stopped : stale).Add(socket);
            }
        }

        return new SocketFacts
        {
            RuntimeDirectory = runtime,
            IsRuntimeDirectoryOwn = taken == runtime,
            Directory = taken,
            Owner = FileStatus.Of(taken)?.UserId,
            User = user,
            PathBytes = Encoding.UTF8.GetByteCount(Path.Combine(taken, HandlerAddress.FileName(0, 0))),
            Handlers = handlers,
            Stale = stale,
            Stopped = stopped,
        };
    }

    /// <summary>Sockets at which handlers of a user listen, or did.</summary>
    public static IEnumerable<string> Sockets(string? runtimeDirectory, uint user) => HandlerAddress.ExistingDirectories(runtimeDirectory, user).SelectMany(Sockets);

    private static IEnumerable<string> Sockets(string directory)
    {
        try
        {
            return [.. Directory.EnumerateFiles(directory, $"*{HandlerAddress.Suffix}")];
        }
        catch (UnauthorizedAccessException)
        {
            // Somebody else's; the finding says so.
            return [];
        }
    }

    private static bool IsLocked(string path)
    {
        try
        {
            using FileDescriptor file = DurableFile.OpenRead(path);
            return !DurableFile.TryLock(file, path);
        }
        catch (SyscallException)
        {
            // Without a lock's file there is no handler.
            return false;
        }
    }
}
