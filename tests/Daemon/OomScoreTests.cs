using CrashHandler.Handler.Posix;
using Xunit;

namespace CrashHandler.Tests.Daemon;

/// <summary>The least that a kernel which refuses some values allows.</summary>
public sealed class OomScoreTests
{
    /// <summary>Without a capability, nothing below what somebody with it has set.</summary>
    [Theory]
    [InlineData(1000, 0, 0)]
    [InlineData(300, 0, 0)]
    [InlineData(1000, 1000, 1000)]
    [InlineData(1000, 999, 999)]
    [InlineData(1000, 1, 1)]
    [InlineData(1000, 500, 500)]
    [InlineData(200, 100, 100)]
    [InlineData(1, 1, 1)]
    [InlineData(-1000, -1000, 0)]
    [InlineData(-17, -900, 0)]
    public void TheValueNearestToNeutralIsSet(int current, int least, int expected)
    {
        int set = current, attempts = 0;

        int lowest = OomScore.Lowest(current, value =>
        {
            attempts++;
            set = value >= least ? value : set;
            return value >= least;
        });

        Assert.Equal((expected, expected), (lowest, set));
        Assert.InRange(attempts, 1, 12);
    }

    /// <summary>Nothing can be set at all, as where /proc is read-only.</summary>
    [Theory]
    [InlineData(1000)]
    [InlineData(-1000)]
    public void WhereNothingIsAllowedItStays(int current) => Assert.Equal(current, OomScore.Lowest(current, _ => false));
}
