using CrashHandler.Protocol;

namespace CrashHandler.Handler.Daemon;

/// <summary>One process death on its way to a report. All but <see cref="Touch"/> and <see cref="LastProgress"/> belong to the event loop's thread.</summary>
internal sealed class CaptureJob(ClientIdentity identity, byte[] notice, RegistrationReader? registration, Hooks hooks)
{
    private long _lastProgress;

    /// <summary>Who dies.</summary>
    public ClientIdentity Identity { get; } = identity;

    /// <summary>The notice, 1,672 bytes.</summary>
    public byte[] Notice { get; } = notice;

    /// <summary>A reader of its own; disposed of when the job is over.</summary>
    public RegistrationReader? Registration { get; } = registration;

    /// <summary>What the client's shim had in place.</summary>
    public Hooks Hooks { get; } = hooks;

    /// <summary>Called when the report is made and the process is held on: the next death needs not wait for this one. From the capture's thread.</summary>
    public Action Captured { get; set; } = () => { };

    /// <summary>Connections that wait for Release.</summary>
    public List<ClientConnection> Waiting { get; } = [];

    /// <summary>How it ended: Release's payload; null as long as it lasts.</summary>
    public ReleaseOutcome? Outcome { get; set; }

    /// <summary>Timestamp of the last sign of life of the worker; 0 as long as none has taken it. From any thread.</summary>
    public long LastProgress => Volatile.Read(ref _lastProgress);

    /// <summary>Whether it has given no sign of life for <see cref="DaemonLimits.CaptureWatchdog"/>. The kernel lets a dead tracer's victims go, so better
    /// no report than a process that hangs for ever: the handler is to end itself.</summary>
    public bool IsStuck(TimeProvider time) => LastProgress != 0 && time.GetElapsedTime(LastProgress) > DaemonLimits.CaptureWatchdog;

    /// <summary>A sign of life. From any thread.</summary>
    public void Touch(long timestamp) => Volatile.Write(ref _lastProgress, timestamp);
}
