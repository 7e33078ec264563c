using System.Text.Json;
using System.Text.RegularExpressions;
using Xunit;

namespace CrashHandler.Tests.EndToEnd;

/// <summary>A process that knows nothing of us, covered from outside: by <c>crash-handler exec</c>, or prepared by its parent.</summary>
public sealed partial class StageOneTests
{
    [Theory]
    [MemberData(nameof(Deaths.All), MemberType = typeof(Deaths))]
    public void DeathUnderExecIsReportedOnceAndOtherwiseUnchanged(string identity, string kind, string reason)
    {
        using Sandbox sandbox = new(identity);
        ProcessResult bare = sandbox.Run(TestPrograms.Shared.Victim, "--kind", kind);

        ProcessResult covered = sandbox.Handler("exec", "--database", sandbox.Database, "--", TestPrograms.Shared.Victim, "--role", "none", "--kind", kind);

        Assert.True(bare.ExitCode > 128, $"the bare victim did not die but exited with {bare.ExitCode}: {bare.Error}");
        Assert.Equal((bare.ExitCode, bare.Output, bare.Error), (covered.ExitCode, covered.Output, covered.Error));
        JsonElement report = sandbox.SingleReport();
        Assert.Equal(reason, report.GetProperty("reason").GetString());
        Assert.Equal(covered.Pid, report.GetProperty("pid").GetInt32());
        Assert.Equal(TestPrograms.Shared.Victim, report.GetProperty("executable").GetString());
    }

    [Theory]
    [MemberData(nameof(Identities.Both), MemberType = typeof(Identities))]
    public void CaughtExceptionsUnderExecAreNotReported(string identity)
    {
        using Sandbox sandbox = new(identity);

        ProcessResult covered = sandbox.Handler("exec", "--database", sandbox.Database, "--", TestPrograms.Shared.Victim, "--kind", "caught");

        Assert.Equal(("victim\ncaught 1100\n", "", 0), (covered.Output, covered.Error, covered.ExitCode));
        Assert.Empty(sandbox.Reports());
    }

    [Theory]
    [MemberData(nameof(Deaths.All), MemberType = typeof(Deaths))]
    public void DeathOfPreparedChildIsReportedOnceAndOtherwiseUnchanged(string identity, string kind, string reason)
    {
        using Sandbox sandbox = new(identity);
        ProcessResult bare = sandbox.Run(TestPrograms.Shared.Victim, "--kind", kind);

        ProcessResult main = sandbox.RunMain("none", "--no-upload", "--spawn-child", $"--kind {kind}");

        Assert.Equal(0, main.ExitCode);
        Match child = ChildExit().Match(main.Output);
        Assert.Equal(bare.ExitCode.ToString(), child.Groups["status"].Value);
        Assert.Equal($"victim\n{bare.Output}{child.Value}", main.Output);
        Assert.Equal(bare.Error, main.Error);
        JsonElement report = sandbox.SingleReport();
        Assert.Equal(reason, report.GetProperty("reason").GetString());
        Assert.Equal(child.Groups["pid"].Value, report.GetProperty("pid").GetInt32().ToString());
    }

    [GeneratedRegex(@"child (?<pid>\d+) exited with (?<status>\d+)\n")]
    private static partial Regex ChildExit();
}
