using System.Threading.Channels;
using Xunit;

namespace CrashHandler.Tests.Tools;

/// <summary>A clock that stands still until it is told to go on. It tells of every wait that begins, so that a test need not guess when to advance it.</summary>
internal sealed class ManualTimeProvider : TimeProvider
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly List<Timer> _timers = [];
    private readonly Channel<TimeSpan> _waits = Channel.CreateUnbounded<TimeSpan>();
    private readonly DateTimeOffset _start = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);
    private TimeSpan _elapsed;
    private TimeSpan _wallClockShift;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
        {
            return _start + _elapsed + _wallClockShift;
        }
    }

    public override long GetTimestamp()
    {
        lock (_gate)
        {
            return _elapsed.Ticks;
        }
    }

    /// <summary>Somebody sets the wall clock; no timer notices.</summary>
    public void ShiftWallClock(TimeSpan by)
    {
        lock (_gate)
        {
            _wallClockShift += by;
        }
    }

    /// <summary>The length of the next wait that begins; limits of a cancellation are no waits.</summary>
    public async Task<TimeSpan> NextWaitAsync(CancellationToken cancellation)
        => await _waits.Reader.ReadAsync(cancellation).AsTask().WaitAsync(s_patience, cancellation);

    /// <summary>Goes on, and rings what is due by then, in order.</summary>
    public void Advance(TimeSpan by)
    {
        TimeSpan target;
        lock (_gate)
        {
            target = _elapsed + by;
        }

        while (true)
        {
            Timer? due;
            lock (_gate)
            {
                due = _timers.Where(timer => timer.Due <= target).MinBy(timer => timer.Due);
                if (due is null)
                {
                    _elapsed = target;
                    return;
                }

                _elapsed = due.Due;
                _timers.Remove(due);
            }

            due.Ring();
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Assert.Equal(Timeout.InfiniteTimeSpan, period);
        Timer timer = new(this, callback, state);
        timer.Change(dueTime, period);
        if (state is not CancellationTokenSource)
        {
            Assert.True(_waits.Writer.TryWrite(dueTime));
        }

        return timer;
    }

    private sealed class Timer(ManualTimeProvider owner, TimerCallback callback, object? state) : ITimer
    {
        public TimeSpan Due { get; private set; }

        public void Ring() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (owner._gate)
            {
                owner._timers.Remove(this);
                if (dueTime != Timeout.InfiniteTimeSpan)
                {
                    Due = owner._elapsed + dueTime;
                    owner._timers.Add(this);
                }
            }

            return true;
        }

        public void Dispose() => Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
