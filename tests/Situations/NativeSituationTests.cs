using System.Text.Json;
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
    [InlineData("children", "clone-together", 0, Reasons.FaultExit, Reasons.Fault)]
    [InlineData("children", "many", 16, 0, Reasons.Fault)]
    [InlineData("handlers", "ignored-fault", 0, Reasons.FaultExit, Reasons.Fault)]
    [InlineData("handlers", "return-from-abort-handler", 0, Reasons.AbortExit, Reasons.Abort)]
    [InlineData("handlers", "crowd", 1500, Reasons.FaultExit, Reasons.Fault)]
    [InlineData("places", "constructor", 0, Reasons.FaultExit, Reasons.Fault)]
    [InlineData("places", "at-exit", 0, Reasons.FaultExit, Reasons.Fault)]
    [InlineData("places", "in-loader", 0, Reasons.FaultExit, Reasons.Fault)]
    [InlineData("places", "in-thread-destructor", 0, Reasons.FaultExit, Reasons.Fault)]
    [InlineData("places", "in-cancellation", 0, Reasons.FaultExit, Reasons.Fault)]
    [InlineData("places", "wild-jump", 0, Reasons.FaultExit, Reasons.Fault)]
    [InlineData("places", "wild-stack", 0, Reasons.FaultExit, Reasons.Fault)]
    [InlineData("places", "no-memory", 0, Reasons.FaultExit, Reasons.Fault)]
    [InlineData("heap", "double-free", 0, Reasons.AbortExit, Reasons.Abort)]
    [InlineData("heap", "abort-with-lock", 0, Reasons.AbortExit, Reasons.Abort)]
    [InlineData("heap", "fault-with-lock", 0, Reasons.FaultExit, Reasons.Fault)]
    [InlineData("descriptors", "used-up", 0, Reasons.FaultExit, Reasons.Fault)]
    [InlineData("descriptors", "none-allowed", 0, Reasons.FaultExit, Reasons.Fault)]
    [InlineData("descriptors", "used-up-then-fork", 0, 0, Reasons.Fault)]
    [InlineData("descriptors", "standard-closed", 0, Reasons.FaultExit, Reasons.Fault)]
    [InlineData("descriptors", "all-closed", 0, Reasons.FaultExit, Reasons.Fault)]
    [InlineData("descriptors", "all-replaced", 0, Reasons.FaultExit, Reasons.Fault)]
    [InlineData("descriptors", "used-up-softly-then-fork", 0, 0, Reasons.Fault)]
    [InlineData("overflow", "main", 0, Reasons.FaultExit, Reasons.Fault)]
    [InlineData("overflow", "thread", 0, Reasons.FaultExit, "SIGSEGV /SEGV_ACCERR")]
    [InlineData("overflow", "own-stack", 0, Reasons.FaultExit, Reasons.Fault)]
    [InlineData("adversary", "storm", 0, Reasons.FaultExit, Reasons.Fault)]
    [InlineData("adversary", "jump-out", 0, Reasons.FaultExit, Reasons.Fault)]
    [InlineData("adversary", "fault-in-report", 0, Reasons.FaultExit, Reasons.Fault)]
    [InlineData("adversary", "many-threads", 5000, Reasons.FaultExit, Reasons.Fault)]
    [InlineData("adversary", "churn", 2, Reasons.FaultExit, Reasons.Fault)]
    [InlineData("adversary", "forks", 0, Reasons.FaultExit, Reasons.Fault)]
    [InlineData("adversary", "sent-by-all", 4, Reasons.FaultExit, "SIGSEGV /SI_USER")]
    [InlineData("adversary", "one-after-the-other", 4, Reasons.FaultExit, Reasons.Fault)]
    [InlineData("adversary", "stopped", 0, Reasons.FaultExit, Reasons.Fault)]
    [InlineData("adversary", "tight-stack", 0, Reasons.FaultExit, Reasons.Fault)]
    [InlineData("adversary", "sandboxed", 0, Reasons.FaultExit, Reasons.Fault)]
    [InlineData("adversary", "forbidden-call", 0, Reasons.ForbiddenExit, "SIGSYS /SYS_SECCOMP")]
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

    /// <summary>Of what there can be no notice, as client/native/README.md says: the end is the same all the same.</summary>
    [Theory]
    [InlineData("handlers", "blocked-fault")] // the kernel kills at once
    [InlineData("handlers", "fault-in-fault-handler")] // likewise: the signal is blocked while its handler runs
    [InlineData("descriptors", "all-replaced-for-good")]
    [InlineData("adversary", "sending-refused")]
    public void WhatCannotBeToldEndsAlike(string program, string kind)
    {
        using Sandbox sandbox = new(Identities.User);

        Outcome.UnderExec(sandbox, SituationPrograms.Compile(program), kind).EndedAlike(Reasons.FaultExit).SeenFromOutside(sandbox, "SIGSEGV, without a notice");
    }

    /// <summary>The one seccomp filter that shows that we are there: one that kills for what the shim needs to report, see client/native/README.md.</summary>
    [Theory]
    [InlineData("sending-kills")]
    [InlineData("sending-traps")]
    public void FilterThatKillsTheReportingThreadKillsWithItsOwnSignal(string kind)
    {
        using Sandbox sandbox = new(Identities.User);

        Outcome outcome = Outcome.UnderExec(sandbox, SituationPrograms.Compile("adversary"), kind);

        Assert.Equal((Reasons.FaultExit, Reasons.ForbiddenExit), (outcome.Bare.ExitCode, outcome.Covered.ExitCode));
        outcome.SeenFromOutside(sandbox, "SIGSYS, without a notice");
    }

    /// <summary>Rights make no difference: what root may do besides must not be what made it work.</summary>
    [Theory]
    [InlineData("threads", "faults", 4, Reasons.FaultExit, Reasons.Fault)]
    [InlineData("children", "both", 0, Reasons.FaultExit, Reasons.Fault)]
    [InlineData("descriptors", "used-up-then-fork", 0, 0, Reasons.Fault)]
    [InlineData("overflow", "thread", 0, Reasons.FaultExit, "SIGSEGV /SEGV_ACCERR")]
    [InlineData("adversary", "storm", 0, Reasons.FaultExit, Reasons.Fault)]
    [InlineData("places", "in-a-jail", 0, Reasons.FaultExit, Reasons.Fault)]
    public void SameAsRoot(string program, string kind, int argument, int exitCode, string reason)
    {
        using Sandbox sandbox = new(Identities.Root);

        Outcome.UnderExec(sandbox, SituationPrograms.Compile(program), kind, $"{argument}").EndedAlike(exitCode).ReportedOnce(reason);
    }

    /// <summary>The handler is one user's. A process that becomes another user's is not reported, and a child that begins as one is not even touched.</summary>
    [Fact]
    public void AnotherUsersProcessEndsAlike()
    {
        using Sandbox sandbox = new(Identities.Root);
        // Where it is reaped before the handler saw whose it was, its end is told, and no more.
        Outcome changed = Outcome.UnderExec(sandbox, SituationPrograms.Compile("places"), "as-somebody-else").EndedAlike(Reasons.FaultExit);
        Assert.All(changed.Reports, report => Assert.Equal((JsonValueKind.Null, 0), (report.GetProperty("dump").ValueKind, report.GetProperty("attachments").GetArrayLength())));

        string id = $"{Identities.UnprivilegedId}";
        Outcome.UnderExec(sandbox, "setpriv", $"--reuid={id}", $"--regid={id}", "--clear-groups", SituationPrograms.Compile("threads"), "faults", "1")
            .EndedAlike(Reasons.FaultExit);
        sandbox.TerminateHandler();
        Assert.InRange(sandbox.Reports().Count, 0, 1);
    }

    /// <summary>Whoever started it had closed the standard streams.</summary>
    [Fact]
    public void StandardStreamsClosedFromTheStart()
    {
        using Sandbox sandbox = new(Identities.User);
        string program = SituationPrograms.Compile("descriptors");

        ProcessResult shell = sandbox.Run(
            "sh", "-c", "\"$0\" exec --database \"$1\" -- \"$2\" closed-from-start <&- >&- 2>&- & wait $!; echo $! $?", TestPrograms.Shared.Handler, sandbox.Database, program);

        JsonElement report = sandbox.SingleReport();
        Assert.Equal(($"{report.GetProperty("pid").GetInt32()} {Reasons.FaultExit}\n", Reasons.Fault), (shell.Output, report.GetProperty("reason").GetString()));
    }
}
