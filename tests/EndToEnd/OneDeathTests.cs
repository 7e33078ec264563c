using System.Text.Json;
using Xunit;

namespace CrashHandler.Tests.EndToEnd;

/// <summary>One death, one report, of the process that died; and none of what cannot be reported.</summary>
public sealed class OneDeathTests
{
    [Theory]
    [MemberData(nameof(Identities.Both), MemberType = typeof(Identities))]
    public void ForkedChildIsReportedAsItself(string identity)
    {
        using Sandbox sandbox = new(identity);
        string program = sandbox.CompileScript("fork_and_fault.c");

        ProcessResult parent = sandbox.Handler("exec", "--database", sandbox.Database, "--", program);

        JsonElement report = sandbox.SingleReport();
        Assert.Equal("SIGSEGV /SEGV_MAPERR", report.GetProperty("reason").GetString());
        Assert.Equal(($"{report.GetProperty("pid").GetInt32()} 11\n", "", 0), (parent.Output, parent.Error, parent.ExitCode));
        Assert.NotEqual(parent.Pid, report.GetProperty("pid").GetInt32());
        Assert.Equal(report.GetProperty("pid").GetInt32(), report.GetProperty("threadId").GetInt32());
        Assert.Equal("native", report.GetProperty("parameters").GetProperty("prod").GetString());
    }

    [Theory]
    [MemberData(nameof(Identities.Both), MemberType = typeof(Identities))]
    public void AClientThatIsKilledDoesNotKeepTheHandlerFromTheNextDeath(string identity)
    {
        using Sandbox sandbox = new(identity);
        RunningProcess killed = sandbox.StartMain("none", "--no-upload", "--hold");
        killed.ReadUntil("ready");
        int handler = sandbox.HandlerPid();

        killed.Kill();

        Assert.Equal(128 + 9, killed.Finish().ExitCode);
        sandbox.Until(() => sandbox.HandlerStatus().GetProperty("clients").GetArrayLength() == 0 ? "none" : null, () => "the handler to forget the killed client");
        sandbox.RunMain("segv", "--no-upload");
        // Of the killed one there is a report where the kernel tells how it ended: KilledProcessTests.
        Assert.Single(sandbox.Reports(), report => report.GetProperty("reason").GetString() == "SIGSEGV /SEGV_MAPERR");
        Assert.Equal(handler, sandbox.HandlerPid());
    }

    [Theory]
    [MemberData(nameof(Identities.Both), MemberType = typeof(Identities))]
    public void NormalEndMakesNoReport(string identity)
    {
        using Sandbox sandbox = new(identity);

        Assert.Equal(0, sandbox.RunMain("none", "--no-upload").ExitCode);

        Assert.Empty(sandbox.Reports());
    }
}
