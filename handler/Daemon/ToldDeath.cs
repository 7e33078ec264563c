namespace CrashHandler.Handler.Daemon;

/// <summary>A death that its process told of: what names it, whoever is told.</summary>
/// <param name="ProcessId">Pid as the process sees itself: handlers in other pid namespaces see others.</param>
/// <param name="ThreadId">Tid, likewise.</param>
/// <param name="Time">When, in Unix nanoseconds; 0: it did not say.</param>
internal readonly record struct ToldDeath(int ProcessId, int ThreadId, long Time)
{
    /// <summary>When; what did not say it, died now.</summary>
    public DateTimeOffset At(TimeProvider time) => Time is not 0 ? DateTimeOffset.UnixEpoch.AddTicks(Time / TimeSpan.NanosecondsPerTick) : time.GetUtcNow();
}
