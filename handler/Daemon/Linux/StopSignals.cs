using System.Runtime.InteropServices;
using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Daemon;

/// <summary>Who asks the handler to end does it with SIGTERM or SIGINT.</summary>
internal sealed class StopSignals : IDisposable
{
    private readonly PosixSignalRegistration _terminated;
    private readonly PosixSignalRegistration _interrupted;

    /// <summary>Begins to listen.</summary>
    /// <param name="stop">Called for each, on a thread of the pool.</param>
    public StopSignals(Action stop)
    {
        _terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
        _interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
        // The runtime handles it since the first registration, and every thread that a capture stops sends one: a wake-up each, for nothing.
        _ = Libc.signal(Libc.SIGCHLD, Libc.SIG_DFL);

        void OnSignal(PosixSignalContext context)
        {
            context.Cancel = true;
            stop();
        }
    }

    public void Dispose()
    {
        _terminated.Dispose();
        _interrupted.Dispose();
    }
}
