using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Attach;

/// <summary>Attaches those that are there, and those to come, until SIGINT or SIGTERM.</summary>
internal static class AttachWatch
{
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
        using IDisposable? ports = PortWatch.Start(() => wake.Set());
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

            wake.WaitOne(sweep.HasUnsettled ? AttachLimits.Retry : PortWatch.Rescan);
        }

        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            stopping.Cancel();
            wake.Set();
        }
    }
}
