using System.Diagnostics;
using CrashHandler.Handler.Capture.Linux;
using CrashHandler.Handler.Daemon;
using CrashHandler.Handler.Posix;
using CrashHandler.Tests.Tools;
using Xunit;

namespace CrashHandler.Tests.Daemon;

/// <summary>What is known of a process while it lives: of this one.</summary>
public sealed class LastKnownTests
{
    [Fact]
    public void OfThisProcessAllIsKnown()
    {
        ManualTimeProvider time = new();

        LastKnown known = LastKnown.Of(Environment.ProcessId, PosixFiles.UserId(), time);

        Assert.Equal((Environment.ProcessId, Environment.ProcessPath, true), (known.OwnId, known.Executable, known.SharesPaths));
        Assert.InRange(known.Memory!.Resident, 1 << 20, known.Memory.Peak);
        time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(TimeSpan.FromSeconds(3), known.MemoryAge);
        MemoryUse first = known.Memory;
        known.Sample();
        Assert.NotSame(first, known.Memory);
        Assert.Equal(TimeSpan.Zero, known.MemoryAge);
        Assert.Equal(known.Cgroup?.OomKills is null, known.OomKills() is null);
    }

    /// <summary>A server that gives up root is not root's to its end: no file is opened because it says so.</summary>
    [Fact]
    public void WhoBecomesAnotherUsersIsNotOursAnyMore()
    {
        using Process process = Process.Start(new ProcessStartInfo("sleep", ["1000"]))!;
        try
        {
            ulong startTime = ProcStat.ReadStartTime(process.Id);
            LastKnown ours = LastKnown.Of(process.Id, PosixFiles.UserId(), TimeProvider.System);
            LastKnown anothers = LastKnown.Of(process.Id, PosixFiles.UserId() + 1, TimeProvider.System);

            ours.SeeEnd(startTime);
            anothers.SeeEnd(startTime);

            Assert.Equal((false, true), (ours.IsAnothers, ours.IsOwnToTheEnd));
            Assert.Equal((true, false), (anothers.IsAnothers, anothers.IsOwnToTheEnd));
            // Another process of its pid was seen, which says something only if it could not have become another user's.
            ours.SeeEnd(startTime - 1);
            Assert.Equal(!Environment.IsPrivilegedProcess, ours.IsOwnToTheEnd);
        }
        finally
        {
            process.Kill();
        }
    }

    [Theory]
    [InlineData("Uid:\t5\t5\t5\t5\nCapEff:\t0000000000000000\n", true, false)]
    [InlineData("Uid:\t5\t5\t5\t5\nCapEff:\t0000000000000080\n", true, true)]
    [InlineData("Uid:\t5\t5\t5\t5\nCapEff:\t000001ffffffff7f\n", true, false)]
    [InlineData("Uid:\t5\t5\t6\t5\nCapEff:\t0000000000000000\n", false, false)]
    [InlineData("Uid:\t5\t0\t5\t0\n", false, true)]
    [InlineData("", false, true)]
    public void ItsStatusSaysWhoseItIs(string status, bool isOurs, bool mayChange)
    {
        byte[] text = System.Text.Encoding.ASCII.GetBytes(status);

        Assert.Equal((isOurs, mayChange), (ProcStatus.BelongsTo(text, 5), ProcStatus.MayChangeUser(text)));
    }

    /// <summary>Not even its pid is in use: 2^22 is the most that there can be.</summary>
    [Fact]
    public void OfOneThatIsGoneNothingIsKnown()
    {
        LastKnown known = LastKnown.Of((1 << 22) + 1, PosixFiles.UserId(), TimeProvider.System);

        Assert.Equal(("", UnsaidProcessType.Child, false), (known.Executable, known.ProcessType, known.SharesPaths));
        Assert.Null(known.Memory);
        Assert.Null(known.MemoryAge);
        Assert.Null(known.Cgroup);
        Assert.Null(known.OomKills());
    }
}
