using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Daemon;

/// <summary>
/// Who asks the handler to end does it at its console, with Ctrl+C or Ctrl+Break, by closing it, or by shutting the machine down (SetConsoleCtrlHandler). A handler that an application
/// started has no console, and hears of none of them.
/// </summary>
internal sealed class StopSignals : IDisposable
{
    private readonly ManualResetEventSlim _ended = new();
    private readonly PosixSignalRegistration[] _registrations;

    /// <summary>Begins to listen.</summary>
    /// <param name="stop">Called for each, on a thread of the system's.</param>
    public StopSignals(Action stop)
    {
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, OnAsked),
            PosixSignalRegistration.Create(PosixSignal.SIGQUIT, OnAsked),
            PosixSignalRegistration.Create(PosixSignal.SIGHUP, OnLast),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnLast),
        ];

        void OnAsked(PosixSignalContext context)
        {
            context.Cancel = true;
            stop();
        }

        // When this returns, the system ends the process.
        void OnLast(PosixSignalContext context)
        {
            OnAsked(context);
            _ended.Wait(DaemonLimits.ConsoleEnd);
        }
    }

    public void Dispose()
    {
        _ended.Set();
        foreach (PosixSignalRegistration registration in _registrations)
        {
            registration.Dispose();
        }
    }
}
