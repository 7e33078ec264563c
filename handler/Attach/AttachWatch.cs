using System.Runtime.InteropServices;
using CrashHandler.Protocol;

namespace CrashHandler.Handler.Attach;

/// <summary>Attaches those that are there, and those to come, until SIGINT or SIGTERM.</summary>
internal static class AttachWatch
{
    // As the runtime names them (dotnet/diagnostics, ipc-protocol.md).
    private const string Sockets = "dotnet-diagnostic-*-socket";

    /// <summary>Watches.</summary>
    /// <param name="sweep">What is done each time.</param>
    /// <param name="tell">Called for each process of which there is something to tell.</param>
    /// <exception cref="IOException">The temporary directory cannot be watched.</exception>
    public static void Run(AttachSweep sweep, Action<AttachAttempt> tell)
    {
        using AutoResetEvent wake = new(initialState: false);
        using CancellationTokenSource stopping = new();
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        // By inotify(7): a socket that appears is a runtime that starts.
        using FileSystemWatcher sockets = new(TemporaryDirectory.Path, Sockets) { NotifyFilter = NotifyFilters.FileName };
        sockets.Created += (_, _) => wake.Set();
        // Events were lost: a look finds out which.
        sockets.Error += (_, _) => wake.Set();
        sockets.EnableRaisingEvents = true;
        while (!stopping.IsCancellationRequested)
        {
            foreach (AttachAttempt attempt in sweep.Run(AttachLimits.Attempts))
            {
                tell(attempt);
                if (stopping.IsCancellationRequested)
                {
                    return;
                }
            }

            wake.WaitOne(sweep.HasUnsettled ? AttachLimits.Retry : AttachLimits.Rescan);
        }

        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            stopping.Cancel();
            wake.Set();
        }
    }
}
