using CrashHandler.Handler.Daemon;
using Xunit;

namespace CrashHandler.Tests.Daemon;

/// <summary>Which ends without a notice are a report: the policy, as a table.</summary>
public sealed class AbnormalEndTests
{
    private const int CoreDumped = 0x80;

    [Theory]
    // Killed: by somebody, or, where the cgroup counted, by the kernel.
    [InlineData(9, null, "killed (SIGKILL)")]
    [InlineData(9, 0L, "killed (SIGKILL)")]
    [InlineData(9, 1L, AbnormalEnd.OutOfMemory)]
    // Signals that dump core, dumped or not: no notice came.
    [InlineData(4, null, "SIGILL, without a notice")]
    [InlineData(5, null, "SIGTRAP, without a notice")]
    [InlineData(6, null, "SIGABRT, without a notice")]
    [InlineData(7, null, "SIGBUS, without a notice")]
    [InlineData(8, null, "SIGFPE, without a notice")]
    [InlineData(11, null, "SIGSEGV, without a notice")]
    [InlineData(11 | CoreDumped, 3L, "SIGSEGV, without a notice")]
    [InlineData(24, null, "SIGXCPU, without a notice")]
    [InlineData(25, null, "SIGXFSZ, without a notice")]
    [InlineData(31, null, "SIGSYS, without a notice")]
    // The kernel does not tell: only with the cgroup as a witness.
    [InlineData(null, 1L, AbnormalEnd.OutOfMemory)]
    public void IsAReport(int? status, long? oomKills, string reason)
    {
        AbnormalEnd? end = AbnormalEnd.Of(status, wasTold: false, hasEnded: false, oomKills);

        Assert.Equal(new AbnormalEnd(status & 0x7f ?? 9, reason), end);
        Assert.Null(AbnormalEnd.Of(status, wasTold: true, hasEnded: false, oomKills));
        Assert.Null(AbnormalEnd.Of(status, wasTold: false, hasEnded: true, oomKills));
    }

    [Theory]
    // Exit codes, whatever was killed beside it.
    [InlineData(0, null)]
    [InlineData(0, 5L)]
    [InlineData(1 << 8, null)]
    [InlineData(137 << 8, 1L)]
    [InlineData(255 << 8, null)]
    // SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGPIPE, SIGALRM, SIGTERM, SIGPROF, a real-time signal.
    [InlineData(1, null)]
    [InlineData(2, null)]
    [InlineData(3 | CoreDumped, null)]
    [InlineData(10, null)]
    [InlineData(12, null)]
    [InlineData(13, 1L)]
    [InlineData(14, null)]
    [InlineData(15, 1L)]
    [InlineData(27, null)]
    [InlineData(34, null)]
    // Nobody knows anything.
    [InlineData(null, null)]
    [InlineData(null, 0L)]
    public void IsNone(int? status, long? oomKills) => Assert.Null(AbnormalEnd.Of(status, wasTold: false, hasEnded: false, oomKills));
}
