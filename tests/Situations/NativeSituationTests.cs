using CrashHandler.Tests.EndToEnd;
using Xunit;

namespace CrashHandler.Tests.Situations;

/// <summary>Native programs under <c>crash-handler exec</c> that die where little works any more.</summary>
public sealed class NativeSituationTests
{
    [Theory]
    [InlineData("threads", "faults", 2, Reasons.FaultExit, Reasons.Fault)]
    [InlineData("threads", "faults", 32, Reasons.FaultExit, Reasons.Fault)]
    [InlineData("threads", "aborts", 8, Reasons.AbortExit, Reasons.Abort)]
    [InlineData("handlers", "fault-in-handler", 0, Reasons.FaultExit, Reasons.Fault)]
    [InlineData("handlers", "fault-in-handler-on-stack", 0, Reasons.FaultExit, Reasons.Fault)]
    [InlineData("handlers", "abort-in-fault-handler", 0, Reasons.AbortExit, Reasons.Fault)]
    [InlineData("handlers", "other-fault-in-fault-handler", 0, Reasons.IllegalExit, "SIGILL /ILL_ILLOPN")]
    [InlineData("handlers", "own-jump-then-default", 0, Reasons.FaultExit, Reasons.Fault)]
    [InlineData("handlers", "own-raise", 0, Reasons.FaultExit, Reasons.Fault)]
    [InlineData("handlers", "own-raise-on-stack", 0, Reasons.FaultExit, Reasons.Fault)]
    [InlineData("handlers", "own-kill", 0, Reasons.FaultExit, Reasons.Fault)]
    [InlineData("handlers", "own-reset", 0, Reasons.FaultExit, Reasons.Fault)]
    [InlineData("handlers", "own-reset-nodefer", 0, Reasons.FaultExit, Reasons.Fault)]
    [InlineData("handlers", "own-chain", 0, Reasons.FaultExit, Reasons.Fault)]
    [InlineData("children", "fork", 0, 0, Reasons.Fault)]
    [InlineData("children", "fork-abort", 0, 0, Reasons.Abort)]
    [InlineData("children", "fork-of-thread", 0, 0, Reasons.Fault)]
    [InlineData("children", "grandchild", 0, 0, Reasons.Fault)]
    [InlineData("children", "both", 0, Reasons.FaultExit, Reasons.Fault)]
    [InlineData("children", "vfork", 0, Reasons.FaultExit, Reasons.Fault)]
    [InlineData("children", "clone", 0, Reasons.FaultExit, Reasons.Fault)]
    [InlineData("children", "many", 16, 0, Reasons.Fault)]
    [InlineData("heap", "double-free", 0, Reasons.AbortExit, Reasons.Abort)]
    [InlineData("heap", "abort-with-lock", 0, Reasons.AbortExit, Reasons.Abort)]
    [InlineData("heap", "fault-with-lock", 0, Reasons.FaultExit, Reasons.Fault)]
    [InlineData("descriptors", "used-up", 0, Reasons.FaultExit, Reasons.Fault)]
    [InlineData("descriptors", "none-allowed", 0, Reasons.FaultExit, Reasons.Fault)]
    [InlineData("descriptors", "used-up-then-fork", 0, 0, Reasons.Fault)]
    [InlineData("descriptors", "standard-closed", 0, Reasons.FaultExit, Reasons.Fault)]
    [InlineData("descriptors", "all-closed", 0, Reasons.FaultExit, Reasons.Fault)]
    [InlineData("descriptors", "all-replaced", 0, Reasons.FaultExit, Reasons.Fault)]
    public void OneReportAndTheSameEnd(string program, string kind, int argument, int exitCode, string reason)
    {
        using Sandbox sandbox = new(Identities.User);

        Outcome outcome = Outcome.UnderExec(sandbox, SituationPrograms.Compile(program), kind, $"{argument}");

        outcome.EndedAlike(exitCode).ReportedOnce(reason);
    }

    /// <summary>What a program's own handler survives, or ends by itself, is no crash.</summary>
    [Theory]
    [InlineData("own-exit", 3)]
    [InlineData("own-jump", 0)]
    [InlineData("own-jump-off-stack", 0)]
    [InlineData("own-step", 0)]
    public void NoReportOfWhatAHandlerOfItsOwnTakesCareOf(string kind, int exitCode)
    {
        using Sandbox sandbox = new(Identities.User);

        Outcome.UnderExec(sandbox, SituationPrograms.Compile("handlers"), kind).EndedAlike(exitCode).NotReported();
    }
}
