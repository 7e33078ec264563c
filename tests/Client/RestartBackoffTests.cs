using CrashHandler.Launch;
using Xunit;

namespace CrashHandler.Tests.Client;

public class RestartBackoffTests
{
    /// <summary>Seconds from one handler's end to the next one's, counted from when the attempt was due; and the delays that follow, in milliseconds.</summary>
    public static TheoryData<string, double[], double[]> Table => new()
    {
        { "the first time at once", [0], [0] },
        { "then doubled", [0, 0, 0, 0, 0], [0, 100, 200, 400, 800] },
        { "up to 30 s", [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], [0, 100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000] },
        { "a minute is not yet quiet", [0, 60], [0, 100] },
        { "more than a minute is", [0, 0, 0, 60.001, 0], [0, 100, 200, 0, 100] },
        { "attempts that take long are not quiet", [0, 10, 10, 10], [0, 100, 200, 400] },
    };

    [Theory]
    [MemberData(nameof(Table))]
    public void DelaysFollowTheTable(string name, double[] seconds, double[] milliseconds)
    {
        RestartBackoff backoff = default;
        TimeSpan now = TimeSpan.FromHours(1);
        List<double> delays = [];
        foreach (double pause in seconds)
        {
            now += TimeSpan.FromSeconds(pause);
            backoff = backoff.Next(now, out TimeSpan delay);
            now += delay;
            delays.Add(delay.TotalMilliseconds);
        }

        Assert.True(milliseconds.SequenceEqual(delays), $"{name}: {string.Join(", ", delays)}");
    }

    [Fact]
    public void ItNeverEnds()
    {
        RestartBackoff backoff = default;
        TimeSpan now = TimeSpan.Zero;
        for (int i = 0; i < 10_000; i++)
        {
            backoff = backoff.Next(now, out TimeSpan delay);
            now += delay;
            Assert.InRange(delay, TimeSpan.Zero, RestartBackoff.Longest);
        }
    }
}
