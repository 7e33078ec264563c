using System.Globalization;
using System.Text.Json;
using CrashHandler.Tests.EndToEnd;
using CrashHandler.Tests.Table;
using Xunit;

namespace CrashHandler.Tests.Attach;

/// <summary><c>attach --all</c>, and <c>--watch</c>, as a user who runs nothing but the test's own processes.</summary>
public sealed class AttachAllTests
{
    private const int OfEachShape = 2;

    // 128 and SIGABRT.
    private const int Aborted = 134;

    [Fact]
    public void EveryOneIsAttachedOrToldOf()
    {
        using Sandbox sandbox = new(Identities.Loner);
        RunningProcess first = Hold(sandbox);
        // The port is looked for in each process's own temporary directory.
        RunningProcess second = Hold(sandbox, $"TMPDIR={sandbox.MakeFolder("other temp")}");
        RunningProcess closed = Hold(sandbox, "DOTNET_EnableDiagnostics=0");
        sandbox.Start("/bin/cat");

        ProcessResult result = sandbox.Handler("attach", "--all", "--database", sandbox.Database);

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        string[] lines = result.Output.TrimEnd('\n').Split('\n');
        Assert.Equal("2 attached, 0 were already, 1 not attachable, 0 failed", lines[^1]);
        Assert.Equal(4, lines.Length);
        Assert.Contains($"attached {first.Pid} (victim); its reports go to '{sandbox.Database}'", lines);
        Assert.Contains($"attached {second.Pid} (victim); its reports go to '{sandbox.Database}'", lines);
        Assert.Contains(lines, line => line.StartsWith($"not attachable: {closed.Pid} (victim): process {closed.Pid} has no diagnostics port in", StringComparison.Ordinal));

        // And again, for programs.
        JsonElement[] again = [.. sandbox.Json("attach", "--all", "--database", sandbox.Database, "--json").EnumerateArray()];
        Assert.Equal(
            new[] { (first.Pid, "covered"), (second.Pid, "covered"), (closed.Pid, "notAttachable") }.Order(),
            again.Select(process => (process.GetProperty("pid").GetInt32(), process.GetProperty("result").GetString()!)).Order());
        Assert.Equal(sandbox.Database, again.First(process => process.GetProperty("pid").GetInt32() == first.Pid).GetProperty("database").GetString());

        Assert.Equal([0, 0, 0], new[] { first, second, closed }.Select(victim => victim.Finish().ExitCode));
    }

    [Fact]
    public void AProcessThatDoesNotAnswerIsAFailure()
    {
        using Sandbox sandbox = new(Identities.Loner);
        RunningProcess victim = Hold(sandbox);
        string pid = victim.Pid.ToString(CultureInfo.InvariantCulture);
        sandbox.Run("kill", "-STOP", pid);

        ProcessResult result = sandbox.Handler("attach", "--all", "--database", sandbox.Database);

        sandbox.Run("kill", "-CONT", pid);
        Assert.Equal((1, "0 attached, 0 were already, 0 not attachable, 1 failed\n"), (result.ExitCode, result.Output));
        Assert.Matches($@"\Acrash-handler: process {pid} does not answer on its diagnostics port[^\n]*\n\z", result.Error);
        Assert.Equal(0, victim.Finish().ExitCode);
    }

    [Fact]
    public void WhereNothingRunsThereIsNothingToDo()
    {
        using Sandbox sandbox = new(Identities.Loner);

        ProcessResult result = sandbox.Handler("attach", "--all");

        Assert.Equal((0, "No .NET process of this user runs here.\n", ""), (result.ExitCode, result.Output, result.Error));
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public void ThoseToComeAreAttachedUntilItIsInterrupted(string signal)
    {
        using Sandbox sandbox = new(Identities.Loner);
        RunningProcess early = Hold(sandbox);
        RunningProcess watch = sandbox.Start(TestPrograms.Shared.Handler, "attach", "--all", "--watch", "--json");
        AssertAttached(sandbox, early, watch.ReadLine());

        RunningProcess late = Hold(sandbox);
        AssertAttached(sandbox, late, watch.ReadLine());
        RunningProcess abroad = Hold(sandbox, $"TMPDIR={sandbox.MakeFolder("other temp")}");
        AssertAttached(sandbox, abroad, watch.ReadLine(), sandbox.PathOf("other temp"));

        sandbox.Run("kill", $"-{signal}", watch.Pid.ToString(CultureInfo.InvariantCulture));
        ProcessResult end = watch.Finish();
        Assert.Equal((0, ""), (end.ExitCode, end.Error));
        Assert.Equal(3, end.Output.Count(character => character == '\n'));
        Assert.Equal([0, 0, 0], new[] { early, late, abroad }.Select(victim => victim.Finish().ExitCode));
    }

    [Fact]
    public void ACrashOfOneToComeIsReported()
    {
        using Sandbox sandbox = new(Identities.Loner);
        RunningProcess watch = sandbox.Start(TestPrograms.Shared.Handler, "attach", "--all", "--watch", "--database", sandbox.Database);
        RunningProcess victim = sandbox.Start(TestPrograms.Shared.Victim, "--kind", "unhandled", "--hold");
        Assert.Equal($"attached {victim.Pid} (victim); its reports go to '{sandbox.Database}'", watch.ReadLine());

        victim.ReadUntil("ready");
        victim.Finish();

        Assert.Equal("the victim's exception", sandbox.SingleReport().GetProperty("exception").GetProperty("message").GetString());
    }

    /// <summary>
    /// A runtime that is asked too early ends of it. Every one that is here, in every form that can be attached, all of them starting at once, which makes each start a long one.
    /// </summary>
    [Fact]
    public void ThoseThatJustStartLiveAndAreCovered()
    {
        using Sandbox sandbox = new(Identities.Loner);
        Shape[] shapes = [.. Shape.All().Where(shape => shape.WhyAbsent is null && !shape.IsNative && !shape.IsNativeAot)];
        RunningProcess watch = sandbox.Start(TestPrograms.Shared.Handler, "attach", "--all", "--watch", "--json", "--database", sandbox.Database);
        RunningProcess first = sandbox.Start(TestPrograms.Shared.Victim, "--hold");
        // Its line says that the watch is on.
        Assert.Equal((first.Pid, "attached"), Told(watch.ReadLine()));

        RunningProcess[] victims = [.. shapes.SelectMany(shape => Enumerable.Repeat(shape, OfEachShape))
            .Select((shape, index) => sandbox.Start(shape.Victim, "unhandled-main", sandbox.PathOf($"facts-{index}")))];

        Assert.True(victims.Length >= 10, $"{victims.Length} victims are too few to say anything");
        Assert.Equal(victims.Select(victim => (victim.Pid, "attached")).Order(), victims.Select(_ => Told(watch.ReadLine())).Order());
        foreach (RunningProcess victim in victims)
        {
            victim.ReadUntil("ready");
            victim.WriteLine("die");
            Assert.Equal(Aborted, victim.Finish().ExitCode);
        }

        Assert.Equal(0, first.Finish().ExitCode);
        Assert.Equal(victims.Select(victim => victim.Pid).Order(), sandbox.Reports().Select(report => report.GetProperty("pid").GetInt32()).Order());
    }

    [Theory]
    [InlineData("A PID is missing, or --all.")]
    [InlineData("Take either a PID or --all, not both.", "1", "--all")]
    [InlineData("--watch goes with --all.", "1", "--watch")]
    public void WrongUsageIsSaid(string problem, params string[] arguments)
    {
        using Sandbox sandbox = new(Identities.Own);

        ProcessResult result = sandbox.Handler(["attach", .. arguments]);

        Assert.Equal((2, $"crash-handler: {problem} See 'crash-handler attach --help'.\n"), (result.ExitCode, result.Error));
    }

    private static RunningProcess Hold(Sandbox sandbox, params string[] variables)
    {
        RunningProcess victim = sandbox.Start("env", [.. variables, TestPrograms.Shared.Victim, "--hold"]);
        victim.ReadUntil("ready");
        return victim;
    }

    private static (int ProcessId, string Result) Told(string line)
    {
        JsonElement told = JsonElement.Parse(line);
        return (told.GetProperty("pid").GetInt32(), told.GetProperty("result").GetString()!);
    }

    private static void AssertAttached(Sandbox sandbox, RunningProcess victim, string line, string? temp = null)
    {
        JsonElement told = JsonElement.Parse(line);
        Assert.Equal(
            (victim.Pid, "victim", "attached", Path.Combine(temp ?? sandbox.Folder, "victim Crashes"), ""),
            (told.GetProperty("pid").GetInt32(), told.GetProperty("name").GetString(), told.GetProperty("result").GetString(), told.GetProperty("database").GetString(), told.GetProperty("detail").GetString()));
    }
}
