using System.Diagnostics;
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

    private static bool IsCloseOnExec(string information)
    {
        string flags = File.ReadLines(information).First(line => line.StartsWith("flags:", StringComparison.Ordinal));
        return (Convert.ToInt32(flags.Split('\t')[1], 8) & CloseOnExec) != 0;
    }
}
