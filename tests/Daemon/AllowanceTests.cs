using CrashHandler.Handler.Daemon;
using Xunit;

namespace CrashHandler.Tests.Daemon;

public sealed class AllowanceTests
{
    // Each: a burst of 3, 2 in a second; what is asked for at which tenth of a second, and whether it is had.
    [Theory]
    [InlineData("0,0,0,0", "yyyn")]
    [InlineData("0,0,0,4,5,6", "yyynyn")]
    [InlineData("0,0,0,1000,1000,1000,1000", "yyyyyyn")]
    [InlineData("10,10,10,5,10", "yyynn")]
    public void ABurstIsHadAndThenSoMuchInASecond(string tenths, string had)
    {
        Allowance allowance = new(3, 2);

        Assert.Equal(had, string.Concat(tenths.Split(',').Select(at => allowance.TryTake(TimeSpan.FromSeconds(int.Parse(at) / 10.0)) ? 'y' : 'n')));
    }

    [Fact]
    public void WhatIsOwedIsWaitedFor()
    {
        Allowance allowance = new(0.5, 0.25);
        TimeSpan now = TimeSpan.FromSeconds(7);
        allowance.Charge(0.4, now);
        Assert.Equal((TimeSpan.Zero, false), (allowance.Wait(now), allowance.IsFull(now)));
        allowance.Charge(0.2, now);

        Assert.Equal(0.4, allowance.Wait(now).TotalSeconds, precision: 6);
        Assert.Equal(TimeSpan.Zero, allowance.Wait(now + TimeSpan.FromSeconds(0.5)));
        Assert.True(allowance.IsFull(now + TimeSpan.FromSeconds(3)));
    }
}
