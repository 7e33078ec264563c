using System.Text.Json;
using Xunit;

namespace CrashHandler.Tests.EndToEnd;

/// <summary>The handler belongs to nobody: no pipe, terminal, child list or environment of the application knows of it.</summary>
public sealed class LaunchTests
{
    [Theory]
    [MemberData(nameof(Identities.Both), MemberType = typeof(Identities))]
    public void CommandSubstitutionDoesNotWaitForTheHandler(string identity)
    {
        using Sandbox sandbox = new(identity);

        ProcessResult shell = sandbox.Run("sh", ["-c", "x=$(\"$@\"); echo \"<$x>\"", "sh", TestPrograms.Shared.Victim, .. sandbox.MainArguments("none"), "--no-upload"]);

        Assert.Equal(("<victim>\n", "", 0), (shell.Output, shell.Error, shell.ExitCode));
        Assert.True(IsAlive(sandbox.HandlerPid()));
    }

    [Theory]
    [MemberData(nameof(Identities.Both), MemberType = typeof(Identities))]
    public void InterruptFromTheTerminalLeavesTheHandlerAlive(string identity)
    {
        using Sandbox sandbox = new(identity);
        string script = sandbox.CopyScript("press_ctrl_c.py");

        ProcessResult terminal = sandbox.Run("/usr/bin/python3", [script, TestPrograms.Shared.Victim, .. sandbox.MainArguments("none"), "--no-upload", "--hold"]);

        Assert.True(terminal.ExitCode == 128 + 2, $"Ctrl-C did not end the victim: {terminal.ExitCode}, {terminal.Output}{terminal.Error}");
        Assert.True(IsAlive(sandbox.HandlerPid()));
        Assert.Empty(sandbox.Reports());
    }

    [Theory]
    [MemberData(nameof(Identities.Both), MemberType = typeof(Identities))]
    public void WaitingForAllChildrenDoesNotWaitForTheHandler(string identity)
    {
        using Sandbox sandbox = new(identity);

        ProcessResult main = sandbox.RunMain("none", "--no-upload", "--wait-all");

        Assert.Equal(("victim\nwaited for 0 children\n", 0), (main.Output, main.ExitCode));
        Assert.True(IsAlive(sandbox.HandlerPid()));
    }

    [Theory]
    [MemberData(nameof(Identities.Both), MemberType = typeof(Identities))]
    public void HandlerInheritsNothing(string identity)
    {
        using Sandbox sandbox = new(identity);
        // Everything that must not reach the handler is there to be inherited, DOTNET_ROOT too.
        RunningProcess victim = sandbox.Start(
            "env",
            [
                $"LD_PRELOAD={TestPrograms.Shared.Shim}", "DOTNET_gcServer=0", $"CRASH_HANDLER_PATH={TestPrograms.Shared.Handler}",
                TestPrograms.Shared.Victim, .. sandbox.MainArguments("none"), "--no-upload", "--hold",
            ]);
        victim.ReadUntil("ready");
        int pid = sandbox.HandlerPid();
        string proc = $"/proc/{pid}";

        foreach (int descriptor in new[] { 0, 1, 2 })
        {
            Assert.Equal("/dev/null", new FileInfo($"{proc}/fd/{descriptor}").LinkTarget);
        }

        Assert.Empty(PipesOf(victim.Pid).Intersect(PipesOf(pid)));
        Assert.Equal("/", new DirectoryInfo($"{proc}/cwd").LinkTarget);
        Assert.NotEqual(StatusOf(victim.Pid, "NSsid"), StatusOf(pid, "NSsid"));
        Assert.NotEqual(StatusOf(victim.Pid, "NSpgid"), StatusOf(pid, "NSpgid"));
        Assert.NotEqual(victim.Pid.ToString(), StatusOf(pid, "PPid"));
        string[] environment = File.ReadAllText($"{proc}/environ").Split('\0');
        Assert.DoesNotContain(environment, variable => variable.StartsWith("LD_", StringComparison.Ordinal)
            || variable.StartsWith("DOTNET_", StringComparison.Ordinal) || variable.StartsWith("CRASH_HANDLER_", StringComparison.Ordinal));
        Assert.Contains($"HOME={sandbox.Folder}", environment);
        Assert.Equal("0000000000000000", StatusOf(pid, "SigBlk"));
    }

    [Fact]
    public void TwoApplicationsWithOneDatabaseShareAHandler()
    {
        using Sandbox sandbox = new(Identities.User);
        RunningProcess first = sandbox.StartMain("none", "--no-upload", "--hold");
        RunningProcess second = sandbox.StartMain("none", "--no-upload", "--hold");
        first.ReadUntil("ready");
        second.ReadUntil("ready");

        JsonElement status = sandbox.HandlerStatus();

        Assert.Equal(
            new[] { first.Pid, second.Pid }.Order(),
            status.GetProperty("clients").EnumerateArray().Select(client => client.GetProperty("pid").GetInt32()).Order());
    }

    /// <summary>Whether a process runs; one that is dead and not yet reaped does not.</summary>
    private static bool IsAlive(int pid) => Directory.Exists($"/proc/{pid}") && !StatusOf(pid, "State").StartsWith('Z');

    private static string StatusOf(int pid, string name)
        => File.ReadLines($"/proc/{pid}/status").Single(line => line.StartsWith(name + ":", StringComparison.Ordinal))[(name.Length + 1)..].Trim();

    private static IEnumerable<string?> PipesOf(int pid)
        => new DirectoryInfo($"/proc/{pid}/fd").EnumerateFiles().Select(descriptor => descriptor.LinkTarget).Where(target => target?.StartsWith("pipe:", StringComparison.Ordinal) == true);
}
