using System.Text.Json;
using CrashHandler.Handler.Cli;
using CrashHandler.Handler.Doctor;
using Xunit;

namespace CrashHandler.Tests.Cli;

public sealed class DoctorTextTests
{
    private const int Columns = 80;

    private static readonly Finding[] s_findings =
    [
        Finding.Ok("kernel", "Linux 6.1"),
        Finding.NotApplicable("server", "no URL is known"),
        Finding.Warning("disk", "100 MiB free", "Room for a few reports.", "Make room."),
        Finding.Problem("seccomp", string.Join(' ', Enumerable.Repeat("refuses", 30)) + " \u001b[31m", string.Join(' ', Enumerable.Repeat("meaning", 30)), string.Join(' ', Enumerable.Repeat("remedy", 30))),
    ];

    [Fact]
    public void ProblemsComeFirstWithinEightyColumns()
    {
        string[] lines = Text(new TerminalColours(AreOn: false)).Split('\n');

        Assert.All(lines, line => Assert.InRange(line.Length, 0, Columns));
        Assert.StartsWith("PROBLEM seccomp       refuses refuses", lines[0], StringComparison.Ordinal);
        Assert.True(Array.FindIndex(lines, line => line.StartsWith("warning disk", StringComparison.Ordinal)) < Array.FindIndex(lines, line => line.StartsWith("ok      kernel", StringComparison.Ordinal)));
        Assert.Contains("    To mend it: Make room.", lines);
        Assert.Contains("1 problem, 1 warning, 1 ok", lines);
    }

    [Fact]
    public void WhatWasFoundIsNoCommandToATerminal()
    {
        Assert.DoesNotContain('\u001b', Text(new TerminalColours(AreOn: false)));
        Assert.Contains("\u001b[1;31mPROBLEM\u001b[0m", Text(new TerminalColours(AreOn: true)), StringComparison.Ordinal);
        Assert.DoesNotContain("\u001b[31m", Text(new TerminalColours(AreOn: true)), StringComparison.Ordinal);
    }

    [Fact]
    public void JsonHasEveryMemberOfEveryFinding()
    {
        using MemoryStream output = new();
        DoctorJson.Write(output, s_findings);

        JsonElement all = JsonElement.Parse(output.ToArray());

        Assert.Equal(["ok", "not applicable", "warning", "problem"], all.EnumerateArray().Select(finding => finding.GetProperty("state").GetString()));
        Assert.All(all.EnumerateArray(), finding => Assert.Equal(["check", "state", "found", "meaning", "remedy"], finding.EnumerateObject().Select(member => member.Name)));
        Assert.Equal("Make room.", all[2].GetProperty("remedy").GetString());
    }

    private static string Text(TerminalColours colours)
    {
        using StringWriter output = new();
        DoctorText.Write(output, s_findings, colours);
        return output.ToString();
    }
}
