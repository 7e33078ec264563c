using System.Text.Json;
using Xunit;

namespace CrashHandler.Tests.EndToEnd;

/// <summary>A .NET process that called <c>Start</c>: whatever kills it makes one report, and changes nothing in how it dies.</summary>
public sealed class StageTwoTests
{
    [Theory]
    [MemberData(nameof(Deaths.All), MemberType = typeof(Deaths))]
    public void DeathIsReportedOnceAndOtherwiseUnchanged(string identity, string kind, string reason)
    {
        using Sandbox sandbox = new(identity);
        ProcessResult bare = sandbox.Run(TestPrograms.Shared.Victim, "--kind", kind);

        ProcessResult covered = sandbox.RunMain(kind, "--no-upload");

        Assert.True(bare.ExitCode > 128, $"the bare victim did not die but exited with {bare.ExitCode}: {bare.Error}");
        Assert.Equal((bare.ExitCode, bare.Output, bare.Error), (covered.ExitCode, covered.Output, covered.Error));
        JsonElement report = sandbox.SingleReport();
        Assert.Equal(reason, report.GetProperty("reason").GetString());
        Assert.Equal("main", report.GetProperty("processType").GetString());
        Assert.Equal(covered.Pid, report.GetProperty("pid").GetInt32());
        Assert.Equal("", string.Join("; ", report.GetProperty("softErrors").EnumerateArray().Where(error => !error.GetString()!.Contains(": cut from "))));
    }

    [Theory]
    [MemberData(nameof(Identities.Both), MemberType = typeof(Identities))]
    public void CaughtExceptionsAreNotReported(string identity)
    {
        using Sandbox sandbox = new(identity);

        ProcessResult covered = sandbox.RunMain("caught", "--no-upload");

        Assert.Equal(("victim\ncaught 1100\n", "", 0), (covered.Output, covered.Error, covered.ExitCode));
        Assert.Empty(sandbox.Reports());
    }
}
