using CrashHandler.Protocol;
using Xunit;

namespace CrashHandler.Tests.Native;

/// <summary>Native programs under LD_PRELOAD: one report for a death, none for anything else, and the same end as without the shim.</summary>
public sealed class NativeVictimTests
{
    private const int Fault = 1;
    private const int SentByThread = -6;
    private const int Kernel = 128;
    private const int MappingError = 1; // SEGV_MAPERR
    private const int AccessError = 2; // SEGV_ACCERR
    private const ulong PageBytes = 4_096;

    [Theory]
    [InlineData("segv", 11, Fault)]
    [InlineData("abort", 6, SentByThread)]
    [InlineData("assert", 6, SentByThread)]
    [InlineData("raise 11", 11, SentByThread)]
    [InlineData("raise 7", 7, SentByThread)]
    [InlineData("raise 4", 4, SentByThread)]
    [InlineData("raise 8", 8, SentByThread)]
    [InlineData("raise 5", 5, SentByThread)]
    [InlineData("raise 6", 6, SentByThread)]
    [InlineData("raise 31", 31, SentByThread)]
    [InlineData("breakpoint", 5, Kernel)]
    [InlineData("restore", 11, Fault)]
    [InlineData("restore-raise", 11, Fault)]
    [InlineData("return-exit", 11, Fault)]
    [InlineData("reset", 11, Fault)]
    [InlineData("in-handler", 11, Fault)]
    [InlineData("two-threads", 11, Fault)]
    [InlineData("descriptors", 11, Fault)]
    [InlineData("fork", 11, Fault)]
    public void OneReportAndTheSameEnd(string kind, int signal, int code)
    {
        foreach (string program in new[] { NativeBuild.Victim, NativeBuild.VictimWithoutFrames })
        {
            using FakeHandler handler = new();
            VictimResult bare = Victim.Run(program, kind);
            VictimResult seen = Victim.RunStage1(program, kind, handler.Address);

            AssertSameEnd(bare, seen);
            SeenNotice notice = Assert.Single(handler.Notices);
            Assert.Equal((signal, code, signal), (notice.Fields.Signal, notice.Fields.Code, notice.InfoSignal));
            Assert.Equal(seen.Number("pid"), notice.Fields.ProcessId);
            Assert.Contains(" r-xp ", notice.Code, StringComparison.Ordinal);
            Assert.Contains(" rw-p ", notice.Stack, StringComparison.Ordinal);
            Assert.True(notice.Fields.Flags.HasFlag(NoticeFlags.FpStateValid));
            Assert.Equal(0x037f, notice.ControlWord);
            Assert.False(notice.Fields.Flags.HasFlag(NoticeFlags.DotNet));
        }
    }

    [Theory]
    [InlineData("probe")]
    [InlineData("barrier")]
    [InlineData("query")]
    [InlineData("ignored")]
    [InlineData("handled")]
    [InlineData("threads")]
    public void NoReportForWhatIsSurvived(string kind)
    {
        foreach (string program in new[] { NativeBuild.Victim, NativeBuild.VictimWithoutFrames })
        {
            using FakeHandler handler = new();
            VictimResult bare = Victim.Run(program, kind);
            VictimResult seen = Victim.RunStage1(program, kind, handler.Address);

            Assert.Equal(0, bare.Status);
            AssertSameEnd(bare, seen);
            Assert.Empty(handler.Notices);
            Assert.Equal([ConnectionRole.Control, ConnectionRole.Crash], handler.Hellos.Select(hello => hello.Role));
        }
    }

    [Fact]
    public void TheFaultIsTheOneOfTheInstruction()
    {
        using FakeHandler handler = new();
        Victim.RunStage1(NativeBuild.Victim, "segv", handler.Address);

        SeenNotice notice = Assert.Single(handler.Notices);
        Assert.Equal(0ul, notice.FaultAddress);
        Assert.EndsWith(NativeBuild.Victim, notice.Code, StringComparison.Ordinal);
        Assert.Equal(notice.Fields.ProcessId, notice.Fields.ThreadId);
        Assert.NotEqual(0ul, notice.Fields.FsBase);
        Assert.InRange(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() - (notice.Fields.Time / 1_000_000), 0, 60_000);
    }

    [Theory]
    [InlineData("segv", 11)]
    [InlineData("abort", 6)]
    [InlineData("query", 0)]
    public void WithoutAHandlerNothingIsDifferent(string kind, int signal)
    {
        VictimResult bare = Victim.Run(NativeBuild.Victim, kind);
        VictimResult seen = Victim.RunStage1(NativeBuild.Victim, kind, "/nowhere/at/all");

        Assert.Equal(signal == 0 ? 0 : 128 + signal, bare.Status);
        AssertSameEnd(bare, seen);
    }

    /// <summary>PID 1 cannot die by a signal of its own: a fault recurs, anything else becomes an exit status.</summary>
    [Theory]
    [InlineData("segv", 139, 1)]
    [InlineData("abort", 134, 1)]
    [InlineData("assert", 134, 1)]
    [InlineData("breakpoint", 133, 1)]
    [InlineData("raise 11", 0, 0)]
    public void AsInitTheEndIsTheOneAShellWouldShow(string kind, int status, int notices)
    {
        const string unshare = "/usr/bin/unshare";
        if (!Environment.IsPrivilegedProcess || !File.Exists(unshare))
        {
            Assert.Skip("needs root and unshare, for a pid namespace");
        }

        using FakeHandler handler = new();
        VictimResult seen = Victim.Run(
            unshare, $"--pid --fork env LD_PRELOAD={NativeBuild.Library} CRASH_HANDLER_PIPE={handler.Address} {NativeBuild.Victim} {kind}");

        Assert.Equal(status, seen.Status);
        Assert.Equal(notices, handler.Notices.Count);
    }

    /// <summary>Below the main thread's stack there is nothing, below another's a guard page; either has no room for a signal's frame.</summary>
    [Theory]
    [InlineData("overflow", MappingError)]
    [InlineData("overflow-thread", AccessError)]
    public void AnOverflowedStackIsReported(string kind, int code)
    {
        using FakeHandler handler = new();
        VictimResult bare = Victim.Run(NativeBuild.Victim, kind);
        VictimResult seen = Victim.RunStage1(NativeBuild.Victim, kind, handler.Address);

        AssertSameEnd(bare, seen);
        SeenNotice notice = Assert.Single(handler.Notices);
        Assert.Equal((11, code), (notice.Fields.Signal, notice.Fields.Code));
        Assert.InRange(notice.FaultAddress, notice.StackPointer - PageBytes, notice.StackPointer + PageBytes);
        Assert.Contains(" r-xp ", notice.Code, StringComparison.Ordinal);
    }

    private static void AssertSameEnd(VictimResult bare, VictimResult seen)
    {
        Assert.Equal(bare.Status, seen.Status);
        Assert.Equal(WithoutPid(bare.Output), WithoutPid(seen.Output));
        Assert.Equal(bare.Errors, seen.Errors);
    }

    private static IEnumerable<string> WithoutPid(string output) =>
        output.Split('\n').Where(line => !line.StartsWith("pid ", StringComparison.Ordinal));
}
