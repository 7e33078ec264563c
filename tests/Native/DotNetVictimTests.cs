using CrashHandler.Protocol;
using Xunit;

namespace CrashHandler.Tests.Native;

/// <summary>.NET programs in both stages: the runtime decides what is its own, and a death is reported once, as what it was.</summary>
public sealed class DotNetVictimTests
{
    private const int Fault = 1;
    private const int SentByThread = -6;

    [Theory]
    [InlineData("unhandled", 6, SentByThread, "libcrashhandler.so")]
    [InlineData("unhandled-null", 11, Fault, "doublemapper")]
    [InlineData("native-null", 11, Fault, "libcrashhandler.so")]
    [InlineData("managed-pointer", 11, Fault, "doublemapper")]
    [InlineData("fail-fast", 6, SentByThread, "libcrashhandler.so")]
    [InlineData("native-abort", 6, SentByThread, "libc.so.6")]
    [InlineData("overflow", 11, Fault, "doublemapper")]
    [InlineData("raise 5", 5, SentByThread, "libc.so.6")]
    [InlineData("caught-then-fail-fast", 6, SentByThread, "libcrashhandler.so")]
    [InlineData("caught-then-native-null", 11, Fault, "libcrashhandler.so")]
    public void OneReportAndTheSameEnd(string kind, int signal, int code, string where)
    {
        VictimResult bare = Victim.Run(NativeBuild.DotNetVictim, kind);
        foreach (bool preloaded in new[] { true, false })
        {
            using FakeHandler handler = new();
            VictimResult seen = Run(kind, preloaded, handler);

            Assert.Equal(bare.Status, seen.Status);
            Assert.Equal(Lines(bare.Output), Lines(seen.Output));
            Assert.Equal(Lines(bare.Errors), Lines(seen.Errors));
            SeenNotice notice = Assert.Single(handler.Notices);
            Assert.Equal((signal, code, signal), (notice.Fields.Signal, notice.Fields.Code, notice.InfoSignal));
            Assert.Equal(seen.Number("tid"), notice.Fields.ThreadId);
            Assert.True(notice.Fields.Flags.HasFlag(NoticeFlags.DotNet | NoticeFlags.FpStateValid));
            Assert.Equal(signal == 6 && where != "libc.so.6", notice.Fields.Flags.HasFlag(NoticeFlags.GetContext));
            Assert.Contains(where, notice.Code, StringComparison.Ordinal);
            Assert.Contains("x", notice.Code.Split(' ')[1], StringComparison.Ordinal);
            AssertHooks(handler, preloaded);
        }
    }

    /// <summary>What the runtime turns into an exception, and what it survives when it is sent, is no crash.</summary>
    [Theory]
    [InlineData("caught")]
    [InlineData("caught-on-threads")]
    [InlineData("raise 11")]
    [InlineData("raise 8")]
    public void NoReportForWhatIsSurvived(string kind)
    {
        VictimResult bare = Victim.Run(NativeBuild.DotNetVictim, kind);
        foreach (bool preloaded in new[] { true, false })
        {
            using FakeHandler handler = new();
            VictimResult seen = Run(kind, preloaded, handler);

            Assert.Equal((0, 0), (bare.Status, seen.Status));
            Assert.Equal(Lines(bare.Output), Lines(seen.Output));
            Assert.Empty(handler.Notices);
            AssertHooks(handler, preloaded);
        }
    }

    private static VictimResult Run(string kind, bool preloaded, FakeHandler handler) => preloaded
        ? Victim.RunStage1(NativeBuild.DotNetVictim, kind, handler.Address)
        : Victim.RunStage2(NativeBuild.DotNetVictim, kind, handler.Address);

    private static void AssertHooks(FakeHandler handler, bool preloaded)
    {
        if (preloaded)
        {
            // The signal handlers go in only when a handler answered.
            Assert.Equal(Hooks.Stage1 | Hooks.Sigaction | Hooks.Abort, handler.Hellos[0].Hooks);
        }
        else
        {
            Assert.Equal(Hooks.Stage2 | Hooks.DotNet | Hooks.Signals | Hooks.Sigaction | Hooks.Abort, Assert.Single(handler.Registrations).Hooks);
        }
    }

    /// <summary>Without the lines that differ from run to run: the thread, and how often a frame is repeated in an overflow.</summary>
    private static IEnumerable<string> Lines(string text) => text.Split('\n').Where(line =>
        !line.StartsWith("tid ", StringComparison.Ordinal) && !line.StartsWith("hooks ", StringComparison.Ordinal)
        && !line.StartsWith("Repeat", StringComparison.Ordinal));
}
