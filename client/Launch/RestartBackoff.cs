namespace CrashHandler.Launch;

/// <summary>
/// When a handler that ended is followed by another one: at once, then after 100 ms, doubled each time up to 30 s; at once again after a quiet
/// minute. A handler that dies of its own start must not keep the machine busy. Pure; the default value is the beginning.
/// </summary>
/// <param name="Steps">Attempts since the last quiet minute.</param>
/// <param name="Due">When the last one was due, on a clock that never goes back.</param>
internal readonly record struct RestartBackoff(int Steps, TimeSpan Due)
{
    // 100 ms doubled nine times is past the longest delay.
    private const int MaxDoublings = 9;

    private static readonly TimeSpan s_first = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_quiet = TimeSpan.FromMinutes(1);

    /// <summary>The longest delay.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    /// <summary>The next attempt.</summary>
    /// <param name="now">When the handler ended, or the last attempt failed.</param>
    /// <param name="delay">How long to wait from then.</param>
    public RestartBackoff Next(TimeSpan now, out TimeSpan delay)
    {
        int steps = Steps > 0 && now - Due > s_quiet ? 0 : Steps;
        TimeSpan doubled = s_first * (1 << Math.Clamp(steps - 1, 0, MaxDoublings));
        delay = steps == 0 ? TimeSpan.Zero : doubled < Longest ? doubled : Longest;
        return new RestartBackoff(steps + 1, now + delay);
    }
}
