using System.Globalization;
using CrashHandler.Handler.Cli;
using Xunit;

namespace CrashHandler.Tests.Cli;

public sealed class TimeArgumentTests
{
    private static readonly DateTimeOffset s_now = new(2026, 3, 10, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("30s", "2026-03-10T11:59:30Z")]
    [InlineData("15m", "2026-03-10T11:45:00Z")]
    [InlineData("2h", "2026-03-10T10:00:00Z")]
    [InlineData("3d", "2026-03-07T12:00:00Z")]
    [InlineData("2w", "2026-02-24T12:00:00Z")]
    [InlineData("0s", "2026-03-10T12:00:00Z")]
    [InlineData("999999w", "0001-01-01T00:00:00Z")]
    [InlineData("2147483647w", "0001-01-01T00:00:00Z")]
    [InlineData("2026-01-31", "2026-01-31T00:00:00Z")]
    [InlineData("2026-01-31T12:30", "2026-01-31T12:30:00Z")]
    [InlineData("2026-01-31T12:30Z", "2026-01-31T12:30:00Z")]
    [InlineData("2026-01-31T12:30:15+02:00", "2026-01-31T10:30:15Z")]
    [InlineData("2026-01-31 12:30:15", "2026-01-31T12:30:15Z")]
    [InlineData("2026-01-31T12:30:15.250Z", "2026-01-31T12:30:15.250Z")]
    public void Taken(string text, string meant)
        => Assert.Equal(DateTimeOffset.Parse(meant, CultureInfo.InvariantCulture), TimeArgument.Parse(text, s_now));

    [Theory]
    [InlineData("")]
    [InlineData("yesterday")]
    [InlineData("2")]
    [InlineData("h")]
    [InlineData("-2h")]
    [InlineData("2 h")]
    [InlineData("1.5h")]
    [InlineData("2y")]
    [InlineData("99999999999d")]
    [InlineData("2026-13-01")]
    [InlineData("2026-02-30")]
    [InlineData("31.01.2026")]
    [InlineData("2026-01-31T25:00")]
    public void Refused(string text) => Assert.Null(TimeArgument.Parse(text, s_now));
}
