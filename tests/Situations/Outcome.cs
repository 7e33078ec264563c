using System.Text.Json;
using System.Text.RegularExpressions;
using CrashHandler.Tests.EndToEnd;
using Xunit;

namespace CrashHandler.Tests.Situations;

/// <summary>One victim, run twice: bare, and covered by us. Before it dies it writes <c>dies PID TID</c>, once for each thread that may.</summary>
/// <param name="Bare">The run without us.</param>
/// <param name="Covered">The run with us.</param>
/// <param name="Reports">What was reported of it.</param>
internal sealed partial record Outcome(ProcessResult Bare, ProcessResult Covered, IReadOnlyList<JsonElement> Reports)
{
    /// <summary>Runs a program bare, then under <c>crash-handler exec</c>.</summary>
    public static Outcome UnderExec(Sandbox sandbox, string program, params string[] arguments)
    {
        ProcessResult bare = sandbox.Run(program, arguments);
        return new Outcome(bare, sandbox.Handler(["exec", "--database", sandbox.Database, "--", program, .. arguments]), sandbox.Reports());
    }

    /// <summary>Who said that it would die in the covered run.</summary>
    public IReadOnlyList<(int ProcessId, int ThreadId)> Deaths =>
        [.. DeathLine().Matches(Covered.Output).Select(match => (int.Parse(match.Groups[1].Value), int.Parse(match.Groups[2].Value)))];

    /// <summary>Nothing of the covered run shows that we were there.</summary>
    public Outcome EndedAlike(int exitCode)
    {
        Assert.Equal(exitCode, Bare.ExitCode);
        Assert.Equal(
            (Bare.ExitCode, DeathLine().Replace(Bare.Output, "dies"), Bare.Error),
            (Covered.ExitCode, DeathLine().Replace(Covered.Output, "dies"), Covered.Error));
        return this;
    }

    /// <summary>One report for each process that said it would die, of a thread that said so, each for this reason.</summary>
    public void ReportedOnce(string reason)
    {
        Assert.NotEmpty(Deaths);
        Assert.Equal(Deaths.Select(death => death.ProcessId).Distinct().Order(), Reports.Select(ProcessIdOf).Order());
        Assert.All(Reports, report =>
        {
            Assert.Contains((ProcessIdOf(report), report.GetProperty("threadId").GetInt32()), Deaths);
            Assert.Equal(reason, report.GetProperty("reason").GetString());
        });
    }

    public void NotReported() => Assert.Empty(Reports);

    /// <summary>No notice came: there is no dump, and where the kernel tells how a process ended, a report without one.</summary>
    /// <param name="sandbox">Where it ran.</param>
    /// <param name="reason">Its reason.</param>
    public void SeenFromOutside(Sandbox sandbox, string reason)
    {
        // The handler waits for the ends that it saw begin.
        sandbox.TerminateHandler();
        IReadOnlyList<JsonElement> reports = sandbox.Reports();
        Assert.All(reports, report => Assert.Equal(JsonValueKind.Null, report.GetProperty("dump").ValueKind));
        Assert.True(reports.Count <= 1, $"{reports.Count} reports of one end");
        if (Environment.OSVersion.Version >= new Version(6, 15))
        {
            Assert.Equal([reason], reports.Select(report => report.GetProperty("reason").GetString()));
        }
    }

    private static int ProcessIdOf(JsonElement report) => report.GetProperty("pid").GetInt32();

    [GeneratedRegex(@"dies (\d+) (\d+)")]
    private static partial Regex DeathLine();
}
