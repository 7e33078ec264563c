using System.Runtime.InteropServices;
using Xunit;

namespace CrashHandler.Tests.Native;

/// <summary>The handler is started twice removed, in an environment of its own, and says when it is ready.</summary>
[Collection(ShimCollection.Name)]
public sealed partial class LaunchTests
{
    private const int NoEntry = 2;
    private const int NoChild = 10;
    private const int AccessDenied = 13;
    private const int TimedOut = 110;
    private const int LimitMilliseconds = 20_000;

    [Fact]
    public void TheReadyLineComesBack()
    {
        Shim.Outcome outcome = Launch("""echo "ready $$ /some/where.sock" >&3""");

        Assert.Equal(0, outcome.Error);
        Assert.Matches(@"^ready \d+ /some/where\.sock$", outcome.Message);
        Assert.Equal(outcome.Message.Split(' ')[1], outcome.HandlerProcessId.ToString());
    }

    [Fact]
    public void AFailureLineIsNoErrorOfTheLaunch()
    {
        Shim.Outcome outcome = Launch("echo 'failed the disk is full' >&3");

        Assert.Equal((0, 0, "failed the disk is full"), (outcome.Error, outcome.HandlerProcessId, outcome.Message));
    }

    [Fact]
    public void TheReadyDescriptorIsNamed() => Assert.Equal("ready --ready-fd 3", Launch("""echo "ready $1 $2" >&3""").Message);

    [Fact]
    public void TheHandlerStandsAlone()
    {
        Environment.SetEnvironmentVariable("CRASH_HANDLER_TEST", "1");
        SetVariable("LD_PRELOAD", "/nowhere.so", 1);
        SetVariable("DOTNET_Test", "1", 1);
        SetVariable("KEPT", "kept", 1);
        string directory = Directory.CreateTempSubdirectory("shim-launch-").FullName;
        try
        {
            Shim.Outcome outcome = Launch($"""
                env > {directory}/env; ls -l /proc/$$/fd > {directory}/fd; grep Sig /proc/self/status > {directory}/status
                cat /proc/$$/stat > {directory}/stat; pwd > {directory}/cwd; echo "ready $$ x" >&3
                """);
            string[] environment = File.ReadAllLines(Path.Combine(directory, "env"));
            string status = File.ReadAllText(Path.Combine(directory, "status"));
            string[] stat = File.ReadAllText(Path.Combine(directory, "stat")).Split(' ');
            string[] descriptors = [.. File.ReadAllLines(Path.Combine(directory, "fd")).Where(line => line.Contains(" -> ", StringComparison.Ordinal))
                .Select(line => string.Join(' ', line.Split(' ')[^3..]))];

            Assert.Equal(0, outcome.Error);
            Assert.Contains("KEPT=kept", environment);
            Assert.DoesNotContain(environment, line => line.StartsWith("LD_PRELOAD", StringComparison.Ordinal)
                || line.StartsWith("DOTNET_", StringComparison.Ordinal) || line.StartsWith("CRASH_HANDLER_", StringComparison.Ordinal));
            Assert.Equal("/", File.ReadAllText(Path.Combine(directory, "cwd")).Trim());
            Assert.Contains("SigBlk:\t0000000000000000", status, StringComparison.Ordinal);
            Assert.Contains("SigIgn:\t0000000000000000", status, StringComparison.Ordinal);
            // The shell redirects its own standard output while it lists, and keeps the former one, /dev/null, as 10.
            Assert.Matches(@"^3 -> pipe:\[\d+\]$", Assert.Single(descriptors, line => !line.EndsWith("-> /dev/null", StringComparison.Ordinal)
                && !line.StartsWith("1 ", StringComparison.Ordinal)));
            Assert.Contains("0 -> /dev/null", descriptors);
            Assert.Contains("2 -> /dev/null", descriptors);
            Assert.NotEqual(Environment.ProcessId.ToString(), stat[3]);
            Assert.NotEqual(SessionOf(0), int.Parse(stat[5]));
            Assert.NotEqual(stat[0], stat[5]);
        }
        finally
        {
            UnsetVariable("LD_PRELOAD");
            UnsetVariable("DOTNET_Test");
            Environment.SetEnvironmentVariable("CRASH_HANDLER_TEST", null);
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public void NoChildIsLeftToWaitFor()
    {
        Assert.Equal(0, Launch("""echo "ready $$ x" >&3""").Error);
        string children = File.ReadAllText($"/proc/self/task/{Environment.ProcessId}/children");

        Assert.All(
            children.Split(' ', StringSplitOptions.RemoveEmptyEntries),
            pid => Assert.DoesNotContain("--ready-fd", File.ReadAllText($"/proc/{pid}/cmdline"), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("/nowhere/crash-handler", NoEntry)]
    [InlineData("/etc", AccessDenied)]
    public void WhatCannotBeExecutedIsSaid(string path, int error)
    {
        Shim.Outcome outcome = Shim.Launch(path, [path, "run"], LimitMilliseconds);

        Assert.Equal(error, outcome.Error);
        Assert.Contains(path, outcome.Message, StringComparison.Ordinal);
        Assert.Contains("CRASH_HANDLER_PATH", outcome.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AHandlerThatEndsBeforeItIsReadyIsSaid()
    {
        Shim.Outcome outcome = Launch("exit 1");

        Assert.Equal(NoChild, outcome.Error);
        Assert.Contains("ended before it was ready", outcome.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AHandlerThatIsNeverReadyCostsTheLimit()
    {
        Shim.Outcome outcome = Shim.Launch("/bin/sh", ["sh", "-c", "exec sleep 3"], 300);

        Assert.Equal(TimedOut, outcome.Error);
        Assert.Contains("not ready in time", outcome.Message, StringComparison.Ordinal);
    }

    private static Shim.Outcome Launch(string script) => Shim.Launch("/bin/sh", ["sh", "-c", script, "sh"], LimitMilliseconds);

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrite);

    [LibraryImport("libc", EntryPoint = "unsetenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int UnsetVariable(string name);

    [LibraryImport("libc", EntryPoint = "getsid")]
    private static partial int SessionOf(int pid);
}
