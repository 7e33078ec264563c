using CrashHandler.Handler.Daemon;
using CrashHandler.Tests.Tools;
using Xunit;

namespace CrashHandler.Tests.Daemon;

public sealed class RecentErrorsTests
{
    [Fact]
    public void OnlyTheLastOnesAreKept()
    {
        ManualTimeProvider time = new();
        RecentErrors errors = new(time);
        Assert.Empty(errors.List());
        for (int i = 0; i < DaemonLimits.RecentErrors + 3; i++)
        {
            errors.Add(ErrorKind.Capture, $"{i}");
        }

        Assert.Equal(Enumerable.Range(3, DaemonLimits.RecentErrors).Reverse().Select(i => $"{i}"), errors.List().Select(error => error.Message));
        Assert.All(errors.List(), error => Assert.Equal(time.GetUtcNow(), error.Time));
    }

    [Fact]
    public void ALongOneIsCut()
    {
        RecentErrors errors = new(TimeProvider.System);

        errors.Add(ErrorKind.Upload, new string('x', 10_000));

        Assert.Equal(DaemonLimits.ErrorLength + 1, Assert.Single(errors.List()).Message.Length);
    }
}
