using System.Text.RegularExpressions;
using CrashHandler.Tests.EndToEnd;
using Xunit;

namespace CrashHandler.Tests.Situations;

/// <summary>Python with its faulthandler: it prints what it prints, and then it is reported.</summary>
public sealed partial class PythonTests
{
    private const string Python = "/usr/bin/python3";

    [Theory]
    [InlineData("fault", Reasons.FaultExit, Reasons.Fault)]
    [InlineData("fault-on-thread", Reasons.FaultExit, Reasons.Fault)]
    [InlineData("fault-in-child", 0, Reasons.Fault)]
    [InlineData("abort", Reasons.AbortExit, Reasons.Abort)]
    [InlineData("sent", Reasons.FaultExit, "SIGSEGV /SI_TKILL")] // as faulthandler sends it again
    public void FaulthandlerSpeaksAndOneReportIsMade(string kind, int exitCode, string reason)
    {
        using Sandbox sandbox = new(Identities.User);

        Outcome outcome = Run(sandbox, kind).EndedAlike(exitCode);

        outcome.ReportedOnce(reason);
        Assert.StartsWith("Fatal Python error: ", outcome.Covered.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void HandlersInPythonRun()
    {
        using Sandbox sandbox = new(Identities.User);

        Outcome outcome = Run(sandbox, "own-handler").EndedAlike(0);

        outcome.NotReported();
        Assert.Equal("handled 10\n", outcome.Covered.Output);
        Assert.Contains("in own_handler", outcome.Covered.Error, StringComparison.Ordinal);
    }

    private static Outcome Run(Sandbox sandbox, string kind)
    {
        if (!File.Exists(Python))
        {
            Assert.Skip($"needs {Python}");
        }

        Outcome outcome = Outcome.UnderExec(sandbox, Python, "-X", "faulthandler", SituationPrograms.Copy("faulthandler.py"), kind);
        return outcome with { Bare = Steady(outcome.Bare), Covered = Steady(outcome.Covered) };
    }

    /// <summary>Without the threads' addresses, and without the threads that were waiting, which may have got further in one run than in the other.</summary>
    private static ProcessResult Steady(ProcessResult run) => run with { Error = OtherThreads().Replace(Address().Replace(run.Error, "0x"), "") };

    [GeneratedRegex("0x[0-9a-f]{16}")]
    private static partial Regex Address();

    [GeneratedRegex(@"\nThread 0x.*", RegexOptions.Singleline)]
    private static partial Regex OtherThreads();
}
