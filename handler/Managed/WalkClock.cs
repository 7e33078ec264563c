using System.Diagnostics;
using CrashHandler.Handler.Stacks;

namespace CrashHandler.Handler.Managed;

/// <summary>How much of a walk's time is used.</summary>
internal sealed class WalkClock(long began, TimeSpan limit)
{
    /// <summary>Since the process began.</summary>
    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(began);

    /// <summary>Until the runtime is asked no more; zero: it is not.</summary>
    public TimeSpan LeftToAsk => Left(StacksLimits.ManagedPercent);

    /// <summary>Whether no further thread is put together.</summary>
    public bool IsOver => Left(StacksLimits.ComposePercent) == TimeSpan.Zero;

    private TimeSpan Left(int percent)
    {
        TimeSpan left = (limit * (percent / 100.0)) - Elapsed;
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }
}
