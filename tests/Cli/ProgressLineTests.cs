using CrashHandler.Handler.Cli;
using Xunit;

namespace CrashHandler.Tests.Cli;

public sealed class ProgressLineTests
{
    private readonly Clock _clock = new();
    private readonly StringWriter _terminal = new();

    [Fact]
    public void NothingIsSaidOfWhatTakesLessThanASecond()
    {
        using (ProgressLine progress = new(_terminal, _clock))
        {
            _clock.Now += TimeSpan.FromMilliseconds(999);
            progress.Report(() => "far");
        }

        Assert.Equal("", _terminal.ToString());
    }

    [Fact]
    public void AfterwardsFiveTimesASecondAndAtLastNothingIsLeft()
    {
        using (ProgressLine progress = new(_terminal, _clock))
        {
            _clock.Now += TimeSpan.FromSeconds(1);
            for (int i = 0; i < 5; i++)
            {
                progress.Report(() => $"{i}");
                _clock.Now += TimeSpan.FromMilliseconds(100);
            }
        }

        Assert.Equal("\r\u001b[K0\r\u001b[K2\r\u001b[K4\r\u001b[K", _terminal.ToString());
    }

    [Fact]
    public void WithoutATerminalNothingIsEvenMade()
    {
        using ProgressLine progress = new(null, _clock);
        _clock.Now += TimeSpan.FromSeconds(10);
        progress.Report(() => throw new InvalidOperationException("asked for"));
    }

    private sealed class Clock : TimeProvider
    {
        public TimeSpan Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;
    }
}
