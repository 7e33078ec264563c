using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using CrashHandler.Handler.Minidump;
using CrashHandler.Tests.EndToEnd;
using Xunit;

namespace CrashHandler.Tests.Windows;

/// <summary>
/// Handlers that are killed, or stopped, while they hold a process still: it goes on, ends as it would have, and its report is made once, whoever makes it. By build/test-windows only.
/// The victim is a small native program, whose dump Wine writes at once.
/// </summary>
public sealed partial class WindowsInterruptedTests : IDisposable
{
    // What Wine passes on of 0xC0000005; of the victim's own exit code; of one that could not begin.
    private const int DiedOfItsFault = 5, WentOn = 7;
    private const string Sources = "tests/Windows/interrupted_victim.c";

    private readonly WineSandbox _sandbox = new();
    private readonly string _address = $@"\\.\pipe\crash-handler-{Guid.NewGuid():N}-1";

    public void Dispose() => _sandbox.Dispose();

    /// <summary>Before it holds its victim; while it does, before, in and after the system's dump; in the writing of the report; and when a part of it is at its place.</summary>
    [Theory(Explicit = true)]
    [InlineData("NoticeReceived")]
    [InlineData("Frozen")]
    [InlineData("Dumping")]
    [InlineData("SnapshotTaken")]
    [InlineData("DumpWritten")]
    [InlineData("RecordMoved")]
    public void KilledWhileItReportsADeath(string step)
    {
        RunningProcess handler = StartHandler($"kill:{step}");

        ProcessResult victim = RunVictim("die", out int processId, out _);

        Assert.Equal(DiedOfItsFault, victim.ExitCode);
        handler.Finish(WindowsTestLimits.Run);
        AssertReportedOnce(processId);
    }

    /// <summary>
    /// One that asked for its report gets none, and goes on. What it had suspended itself stays so; but Wine's dbghelp suspends nothing, and what the guard undoes on its behalf in the middle of its dump
    /// is the process's own there.
    /// </summary>
    [Theory(Explicit = true)]
    [InlineData("Frozen", 1)]
    [InlineData("Dumping", 0)]
    public void KilledWhileItMeetsADemand(string step, int suspended)
    {
        RunningProcess handler = StartHandler($"kill:{step}");

        ProcessResult victim = RunVictim("demand", out _, out string answer);

        Assert.Equal(WentOn, victim.ExitCode);
        Assert.Matches($"^answered [1-9][0-9]* .* suspended {suspended}$", answer);
        handler.Finish(WindowsTestLimits.Run);
        Assert.Empty(_sandbox.Reports());
    }

    /// <summary>For two minutes nobody lets it go but its guard.</summary>
    [Theory(Explicit = true)]
    [InlineData("Frozen")]
    [InlineData("Dumping")]
    public void StoppedWhileItHoldsAProcess(string step)
    {
        RunningProcess handler = StartHandler($"stop:{step}");
        long began = Stopwatch.GetTimestamp();

        ProcessResult victim = RunVictim("die", out _, out _);

        Assert.Equal(DiedOfItsFault, victim.ExitCode);
        // Of the 114 s some have passed when the process is held.
        Assert.InRange(Stopwatch.GetElapsedTime(began), TimeSpan.FromSeconds(100), WindowsTestLimits.Run);
        Assert.False(handler.HasExited);
        Assert.Empty(_sandbox.Reports());
    }

    /// <summary>A handler that has not said that it takes the report is left alone: the dying process starts its own.</summary>
    [Fact(Explicit = true)]
    public void StoppedBeforeItWasTold()
    {
        RunningProcess handler = StartHandler("stop:NoticeReceived");
        int stopped = Assert.Single(_sandbox.RunningHandlers()).GetProperty("handlerPid").GetInt32();

        ProcessResult victim = RunVictim("die", out int processId, out _);

        Assert.Equal(DiedOfItsFault, victim.ExitCode);
        Assert.False(handler.HasExited);
        string id = AssertReportedOnce(processId).GetProperty("id").GetString()!;
        var told = (List<string>)_sandbox.Until(() => LinesOfLog(id) is [_, ..] lines ? lines : null, () => "the log to tell of the report");
        Assert.All(told, line => Assert.Matches(@"^\S+ \S+ \S+ [A-Z]{3} [1-9][0-9]* ", line));
        Assert.All(told, line => Assert.DoesNotMatch($@"^\S+ \S+ \S+ [A-Z]{{3}} {stopped} ", line));
    }

    /// <summary>Nothing happens to either: the guard has ended when its handler idles, and the process stood still for as long as the report says.</summary>
    [Fact(Explicit = true)]
    public void NobodyIsInterrupted()
    {
        StartHandler(failAt: null);

        ProcessResult victim = RunVictim("demand", out int processId, out string answer);

        Assert.Equal(WentOn, victim.ExitCode);
        Assert.Matches("^answered 0 type 5, own thread suspended 1$", answer);
        JsonElement report = AssertReportedOnce(processId);
        Assert.True(report.GetProperty("frozenMilliseconds").GetDouble() > 0);
        Assert.DoesNotContain("guard", report.GetProperty("softErrors").GetRawText(), StringComparison.Ordinal);
        _sandbox.Until(() => HasGuard() ? null : "none", () => "the guard's end");
    }

    private RunningProcess StartHandler(string? failAt)
    {
        RunningProcess handler = _sandbox.Start(
            WineSandbox.Handler, ["run", "--database", WineSandbox.Named(_sandbox.Database), "--pipe", _address, "--persistent", .. failAt is null ? [] : (string[])["--fail-at", failAt]]);
        _sandbox.Until(() => _sandbox.RunningHandlers() is [{ } one] ? (object)one : null, () => "the handler");
        return handler;
    }

    private ProcessResult RunVictim(string kind, out int processId, out string answer)
    {
        string shim = Path.Combine(Path.GetDirectoryName(WineSandbox.Handler)!, "crashhandler.dll"), program = _sandbox.PathOf("victim.exe");
        File.Copy(shim, _sandbox.PathOf("crashhandler.dll"));
        ProcessResult compiled = _sandbox.RunHere("x86_64-w64-mingw32-gcc", "-O1", "-Wall", "-Wextra", "-Werror", "-o", program, Path.Combine(TestPrograms.RepositoryRoot(), Sources), shim);
        Assert.Equal((0, ""), (compiled.ExitCode, compiled.Error));
        ProcessResult victim = _sandbox.Run(program, kind, _address);
        string[] lines = victim.Output.ReplaceLineEndings("\n").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Match identity = IdentityLine().Match(lines.FirstOrDefault() ?? "");
        Assert.True(identity.Success, victim.Output + victim.Error);
        processId = int.Parse(identity.Groups["pid"].Value, CultureInfo.InvariantCulture);
        answer = lines[^1];
        return victim;
    }

    // Whole: with a dump that is one.
    private JsonElement AssertReportedOnce(int processId)
    {
        JsonElement report = Assert.Single(_sandbox.Reports());
        Assert.Equal(processId, report.GetProperty("pid").GetInt32());
        string dump = Assert.Single(Directory.GetFiles(_sandbox.Database, $"{report.GetProperty("id").GetString()}.dmp", SearchOption.AllDirectories));
        Assert.Equal((uint)processId, MinidumpFile.Read(dump).ProcessId);
        return report;
    }

    private List<string> LinesOfLog(string id)
        => [.. File.ReadLines(Path.Combine(_sandbox.Database, "handler.log")).Where(line => line.Contains(id, StringComparison.Ordinal))];

    // As Linux sees it, by its command line; of this prefix.
    private bool HasGuard() => Directory.EnumerateDirectories("/proc").Where(directory => int.TryParse(Path.GetFileName(directory), out _))
        .Any(directory => Has(Path.Combine(directory, "cmdline"), "crash-handler.exe\0guard\0") && Has(Path.Combine(directory, "environ"), $"WINEPREFIX={_sandbox.Prefix}\0"));

    private static bool Has(string path, string text)
    {
        try
        {
            return File.ReadAllText(path).Contains(text, StringComparison.Ordinal);
        }
        catch (IOException)
        {
            // It has ended meanwhile.
            return false;
        }
    }

    [GeneratedRegex(@"^pid (?<pid>\d+) handler (?<handler>\d+)$")]
    private static partial Regex IdentityLine();
}
