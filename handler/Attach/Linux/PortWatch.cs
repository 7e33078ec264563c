using CrashHandler.Protocol;

namespace CrashHandler.Handler.Attach;

/// <summary>Notices runtimes that start: by inotify(7), of the sockets that they make.</summary>
internal static class PortWatch
{
    // As the runtime names them (dotnet/diagnostics, ipc-protocol.md).
    private const string Sockets = "dotnet-diagnostic-*-socket";

    /// <summary>Between two looks at all processes: those with a temporary directory of their own make no socket that is watched for.</summary>
    public static readonly TimeSpan Rescan = TimeSpan.FromSeconds(5);

    /// <summary>Begins.</summary>
    /// <param name="wake">Called when there may be one.</param>
    /// <returns>What ends it.</returns>
    /// <exception cref="IOException">The temporary directory cannot be watched.</exception>
    public static IDisposable? Start(Action wake)
    {
        FileSystemWatcher sockets = new(TemporaryDirectory.Path, Sockets) { NotifyFilter = NotifyFilters.FileName };
        sockets.Created += (_, _) => wake();
        // Events were lost: a look finds out which.
        sockets.Error += (_, _) => wake();
        sockets.EnableRaisingEvents = true;
        return sockets;
    }
}
