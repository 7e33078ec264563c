using CrashHandler.Handler.Posix;
using CrashHandler.Protocol;

namespace CrashHandler.Handler.Daemon;

/// <summary>One process death, or demand, on its way to a report. All but <see cref="Touch"/> and <see cref="LastProgress"/> belong to the event loop's thread.</summary>
internal sealed partial class CaptureJob(ClientIdentity identity, byte[]? notice, RegistrationReader? registration, Hooks hooks)
{
    private long _lastProgress;

    /// <summary>Who dies, or asks.</summary>
    public ClientIdentity Identity { get; } = identity;

    /// <summary>The notice, as it came; null: a <see cref="Demand"/>, or <see cref="Ended"/>.</summary>
    public byte[]? Notice { get; } = notice;

    /// <summary>What the process asked for, which lives on; null: it dies, or has ended.</summary>
    public CaptureDemand? Demand { get; init; }

    /// <summary>How it ended, of which there was no notice; null: it lives, or told of its death.</summary>
    public EndedProcess? Ended { get; init; }

    /// <summary>A reader of its own; disposed of when the job is over.</summary>
    public RegistrationReader? Registration { get; } = registration;

    /// <summary>What the client's shim had in place.</summary>
    public Hooks Hooks { get; } = hooks;

    /// <summary>Who the process runs as, if not as this handler's user; null: as that one.</summary>
    public Libc.UCred? Guest { get; init; }

    /// <summary>Called when the capture has to wait for another process: what else its thread has to do is done meanwhile. From the capture's thread.</summary>
    public Action Waits { get; set; } = () => { };

    /// <summary>The capture's thread holds what it could not let go, and must end. From that thread.</summary>
    public bool TracerMustEnd { get; set; }

    /// <summary>Connections that wait for Release.</summary>
    public List<ClientConnection> Waiting { get; } = [];

    /// <summary>How it ended: Release's payload; null as long as it lasts.</summary>
    public ReleaseOutcome? Outcome { get; set; }

    /// <summary>Why no report was made of it; null: one was, or it is not over.</summary>
    public string? Failure { get; set; }

    /// <summary>Timestamp of the last sign of life of the worker; 0 as long as none has taken it. From any thread.</summary>
    public long LastProgress => Volatile.Read(ref _lastProgress);

    /// <summary>Whether it has given no sign of life for <see cref="DaemonLimits.CaptureWatchdog"/>. The kernel lets a dead tracer's victims go, so better
    /// no report than a process that hangs for ever: the handler is to end itself.</summary>
    public bool IsStuck(TimeProvider time) => LastProgress != 0 && time.GetElapsedTime(LastProgress) > DaemonLimits.CaptureWatchdog;

    /// <summary>A sign of life. From any thread.</summary>
    public void Touch(long timestamp) => Volatile.Write(ref _lastProgress, timestamp);
}
