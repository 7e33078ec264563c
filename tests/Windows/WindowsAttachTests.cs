using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using CrashHandler.Tests.EndToEnd;
using Xunit;

namespace CrashHandler.Tests.Windows;

/// <summary><c>attach</c> under Wine, and children that know nothing of ours. By build/test-windows only.</summary>
public sealed partial class WindowsAttachTests
{
    private const int Failed = 1;

    // A pid is a multiple of four, and there are not so many.
    private const string Nobody = "99999996";

    [Fact(Explicit = true)]
    public void ARunningProgramIsAttachedAndItsDeathReported()
    {
        using WineSandbox sandbox = new();
        RunningProcess victim = Hold(sandbox, "fault", out int pid);

        ProcessResult attached = sandbox.RunHandler("attach", $"{pid}", "--database", WineSandbox.Named(sandbox.Database));
        ProcessResult again = sandbox.RunHandler("attach", $"{pid}", "--database", WineSandbox.Named(sandbox.Database));
        victim.WriteLine("");
        victim.Finish(WindowsTestLimits.Run);

        Assert.Equal((0, ""), (attached.ExitCode, attached.Error));
        Assert.StartsWith($"attached {pid} (windows-victim); its reports go to '{WineSandbox.Named(sandbox.Database)}'", attached.Output, StringComparison.Ordinal);
        Assert.Equal(Failed, again.ExitCode);
        Assert.Contains("attached already", Assert.Single(again.Error.Trim().Split('\n')), StringComparison.Ordinal);
        JsonElement report = Assert.Single(sandbox.Reports());
        Assert.Equal(("child", pid), (report.GetProperty("processType").GetString(), report.GetProperty("pid").GetInt32()));
        Assert.StartsWith("EXCEPTION_ACCESS_VIOLATION_WRITE", report.GetProperty("reason").GetString(), StringComparison.Ordinal);
    }

    [Fact(Explicit = true)]
    public void AllAreAttached()
    {
        using WineSandbox sandbox = new();
        RunningProcess first = Hold(sandbox, "0", out int one), second = Hold(sandbox, "0", out int other);

        JsonElement[] attached = [.. sandbox.Json("attach", "--all", "--json", "--database", WineSandbox.Named(sandbox.Database)).EnumerateArray()];

        Assert.Equal(
            new[] { (one, "attached"), (other, "attached") }.Order(),
            attached.Where(process => process.GetProperty("name").GetString() == "windows-victim").Select(process => (process.GetProperty("pid").GetInt32(), process.GetProperty("result").GetString()!)).Order());
        first.WriteLine("");
        second.WriteLine("");
        Assert.Equal((0, 0), (first.Finish(WindowsTestLimits.Run).ExitCode, second.Finish(WindowsTestLimits.Run).ExitCode));
    }

    [Fact(Explicit = true)]
    public void WhatCannotBeAttachedIsOneLine()
    {
        using WineSandbox sandbox = new();
        RunningProcess native = sandbox.Start(WineSandbox.Victim, "run", @"C:\windows\system32\cmd.exe", "/k");
        string pid = StartedLine().Match(native.ReadLine()).Groups["pid"].Value;

        ProcessResult none = sandbox.RunHandler("attach", Nobody), noRuntime = sandbox.RunHandler("attach", pid);
        native.WriteLine("exit");

        Assert.Equal((Failed, Failed), (none.ExitCode, noRuntime.ExitCode));
        Assert.Contains($"there is no process {Nobody} here", Assert.Single(none.Error.Trim().Split('\n')), StringComparison.Ordinal);
        Assert.Contains("is not a .NET process", Assert.Single(noRuntime.Error.Trim().Split('\n')), StringComparison.Ordinal);
    }

    /// <summary><c>CaptureAllChildren</c>: a child that is .NET, and that nobody prepared.</summary>
    [Fact(Explicit = true)]
    public void AChildOfAProcessThatCoversAllIsReported()
    {
        using WineSandbox sandbox = new();

        WindowsVictim main = sandbox.Die("return", null, "--all-children", "unhandled");

        Assert.Empty(main.Problems);
        Assert.Contains("ended with e0434352", main.Output, StringComparison.Ordinal);
        Assert.Contains("goes on", main.Output, StringComparison.Ordinal);
        JsonElement report = Assert.Single(sandbox.Reports());
        Assert.Equal("child", report.GetProperty("processType").GetString());
        Assert.NotEqual(main.ProcessId, report.GetProperty("pid").GetInt32());
        Assert.Equal("System.InvalidOperationException", report.GetProperty("exception").GetProperty("type").GetString());
    }

    // Of a program that calls nothing of ours, until a line comes.
    private static RunningProcess Hold(WineSandbox sandbox, string kind, out int pid)
    {
        RunningProcess victim = sandbox.Start(WineSandbox.Victim, "unmodified", kind, "--hold");
        pid = int.Parse(UnmodifiedLine().Match(victim.ReadLine()).Groups["pid"].Value, CultureInfo.InvariantCulture);
        victim.ReadUntil("holding");
        return victim;
    }

    [GeneratedRegex(@"^unmodified (?<pid>\d+) ")]
    private static partial Regex UnmodifiedLine();

    [GeneratedRegex(@"^started (?<pid>\d+)")]
    private static partial Regex StartedLine();
}
