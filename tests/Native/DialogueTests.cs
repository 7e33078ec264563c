using System.Diagnostics;
using CrashHandler.Protocol;
using Xunit;

namespace CrashHandler.Tests.Native;

/// <summary>A handler that is dead, slow or silent costs a report, never more than the limits, and never the victim's own end.</summary>
public sealed class DialogueTests
{
    private const int SegvStatus = 139;
    private const int LowestDescriptor = 200;
    private const int ControlCrashAndPidfd = 3;
    private const int CloseOnExec = 0x80000; // O_CLOEXEC
    private static readonly TimeSpan Quick = TimeSpan.FromSeconds(0.9);
    private static readonly TimeSpan TwiceTaken = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(3);

    [Fact]
    public void ASilentHandlerIsAskedTwiceOverTwoConnections()
    {
        using FakeHandler handler = new(FakeAnswers.Silence);
        VictimResult seen = Victim.RunStage1(NativeBuild.Victim, "segv", handler.Address);

        Assert.Equal(SegvStatus, seen.Status);
        Assert.InRange(seen.Elapsed, TwiceTaken - Quick, TwiceTaken + Slack);
        Assert.Equal(2, handler.Notices.Count);
        Assert.Equal(3, handler.Hellos.Count);
    }

    [Fact]
    public void AHandlerThatAnswersTheSecondNoticeIsHeard()
    {
        using FakeHandler handler = new(FakeAnswers.SilenceOnce);
        VictimResult seen = Victim.RunStage1(NativeBuild.Victim, "segv", handler.Address);

        Assert.Equal(SegvStatus, seen.Status);
        Assert.InRange(seen.Elapsed, Quick, TwiceTaken + Slack);
        Assert.Equal(2, handler.Notices.Count);
    }

    [Theory]
    [InlineData(nameof(FakeAnswers.Close), 2)]
    [InlineData(nameof(FakeAnswers.TakenThenClose), 2)]
    public void AHandlerThatGoesAwayHoldsNobody(string answers, int notices)
    {
        using FakeHandler handler = new(Enum.Parse<FakeAnswers>(answers));
        VictimResult seen = Victim.RunStage1(NativeBuild.Victim, "segv", handler.Address);

        Assert.Equal(SegvStatus, seen.Status);
        Assert.Equal(notices, handler.Notices.Count);
    }

    [Fact]
    public void TheVictimWaitsForItsRelease()
    {
        using FakeHandler handler = new(FakeAnswers.ReleaseWhenTold);
        using Process process = Victim.StartStage1(NativeBuild.Victim, "segv", handler.Address);
        Assert.True(handler.Noticed.Wait(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));

        // Longer than the limit for Taken: Progress alone keeps it waiting.
        Assert.False(process.WaitForExit(1_500));
        handler.Finish();

        Assert.Equal(SegvStatus, Victim.Wait(process).Status);
        Assert.Single(handler.Notices);
    }

    [Fact]
    public void OurDescriptorsStandHighAndAreNotInherited()
    {
        using FakeHandler handler = new(FakeAnswers.ReleaseWhenTold);
        using Process process = Victim.StartStage1(NativeBuild.Victim, "segv", handler.Address);
        Assert.True(handler.Noticed.Wait(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        int[] ours = [.. Directory.GetFiles($"/proc/{process.Id}/fdinfo").Where(IsCloseOnExec).Select(name => int.Parse(Path.GetFileName(name)))];

        // What the victim inherited was not close-on-exec, or it would not be there.
        Assert.Equal(ControlCrashAndPidfd, ours.Length);
        Assert.All(ours, number => Assert.True(number >= LowestDescriptor));
        handler.Finish();
        Victim.Wait(process);
    }

    /// <summary>Two threads: the second one waits for the first one's report, and neither reports twice.</summary>
    [Fact]
    public void AnotherThreadWaitsToo()
    {
        using FakeHandler handler = new(FakeAnswers.ReleaseWhenTold);
        using Process process = Victim.StartStage1(NativeBuild.Victim, "two-threads", handler.Address);
        Assert.True(handler.Noticed.Wait(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));

        Assert.False(process.WaitForExit(1_500));
        handler.Finish();

        Assert.Equal(SegvStatus, Victim.Wait(process).Status);
        Assert.Single(handler.Notices);
    }

    /// <summary>It opens its memory, is no more dumpable afterwards than before, keeps nothing open, and waits on.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task TheVictimHandsItsMemoryOver(int dumpable)
    {
        using FakeHandler handler = new(FakeAnswers.HandOver);
        using Process process = Victim.StartStage1(NativeBuild.Victim, $"dumpable {dumpable}", handler.Address);

        HandedOverPayload handed = await handler.HandedOver.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.Equal((0, 0, 0), (handed.MemoryError, handed.MapsError, handed.AuxiliaryVectorError));
        await process.StandardInput.WriteAsync("?");
        await process.StandardInput.FlushAsync(TestContext.Current.CancellationToken);
        Assert.StartsWith("pid ", await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Equal($"dumpable {dumpable}", await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
        // What a process that is not dumpable has open, only root may see.
        Assert.True((dumpable == 0 && !Environment.IsPrivilegedProcess) || SpinWait.SpinUntil(() => Directory.GetFiles($"/proc/{process.Id}/fd").Count(IsOfProc) == 0, TimeSpan.FromSeconds(10)), "it keeps what it handed over");
        handler.Finish();

        Assert.Equal(SegvStatus, Victim.Wait(process).Status);
        Assert.Single(handler.Notices);
    }

    // One that is closed between the listing and the look is none.
    private static bool IsOfProc(string link) => new FileInfo(link).LinkTarget?.StartsWith("/proc/", StringComparison.Ordinal) == true;

    private static bool IsCloseOnExec(string information)
    {
        string flags = File.ReadLines(information).First(line => line.StartsWith("flags:", StringComparison.Ordinal));
        return (Convert.ToInt32(flags.Split('\t')[1], 8) & CloseOnExec) != 0;
    }
}
