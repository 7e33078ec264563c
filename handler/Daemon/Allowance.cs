namespace CrashHandler.Handler.Daemon;

/// <summary>
/// How much of something one process may have: a burst, and so much in each second after it (a token bucket). A function of what was taken and of the clock.
/// </summary>
/// <param name="burst">What may be had at once.</param>
/// <param name="perSecond">What comes back in a second.</param>
internal sealed class Allowance(double burst, double perSecond)
{
    // What is gone of the burst: negative never.
    private double _used;
    private TimeSpan _at;

    /// <summary>Takes one, if there is one.</summary>
    /// <param name="now">A monotonic time.</param>
    public bool TryTake(TimeSpan now)
    {
        Refill(now);
        if (_used > burst - 1)
        {
            return false;
        }

        _used++;
        return true;
    }

    /// <summary>Takes what was used already, also what is not there: <see cref="Wait"/> says for how long nothing more is to be had then.</summary>
    public void Charge(double amount, TimeSpan now)
    {
        Refill(now);
        _used += amount;
    }

    /// <summary>How long to wait until nothing is owed.</summary>
    public TimeSpan Wait(TimeSpan now)
    {
        Refill(now);
        return _used <= burst ? TimeSpan.Zero : TimeSpan.FromSeconds((_used - burst) / perSecond);
    }

    /// <summary>Whether everything has come back.</summary>
    public bool IsFull(TimeSpan now)
    {
        Refill(now);
        return _used <= 0;
    }

    private void Refill(TimeSpan now)
    {
        _used = Math.Max(0, _used - (Math.Max((now - _at).TotalSeconds, 0) * perSecond));
        _at = now > _at ? now : _at;
    }
}
