using System.Diagnostics;
using System.Globalization;
using CrashHandler.Handler.Capture.Linux;
using CrashHandler.Handler.Posix;
using Xunit;

namespace CrashHandler.Tests.Capture;

/// <summary>How a process ended, by a kernel that tells it, when its parent has reaped it.</summary>
public sealed class ExitStatusTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData("exit 0", 0)]
    [InlineData("exit 7", 7 << 8)]
    [InlineData("kill -KILL $$", 9)]
    [InlineData("kill -TERM $$", 15)]
    public void IsKnownOfOneThatIsReaped(string script, int status)
    {
        // 6.15 is where the kernel began to tell.
        Version kernel = Environment.OSVersion.Version;
        if (kernel < new Version(6, 15))
        {
            Assert.Skip($"Linux {kernel} does not tell how a process ended that is reaped; 6.15 does");
        }

        using Process process = Process.Start(new ProcessStartInfo("sh", ["-c", $"read line; {script}"]) { RedirectStandardInput = true })!;
        using FileDescriptor pidFd = new(Libc.pidfd_open(process.Id, 0));
        // Process.Start returns when execve has closed its pipe: a moment before the new program has an environment.
        Assert.True(SpinWait.SpinUntil(() => ProcStat.Read($"/proc/{process.Id}/stat").EnvironmentStart != 0, s_limit));
        (ulong startTime, ulong environment) = (ProcStat.ReadStartTime(process.Id), ProcStat.Read($"/proc/{process.Id}/stat").EnvironmentStart);
        Assert.Equal(ProcessStage.Same, ExitStatus.StageOf(process.Id, startTime, environment));
        Assert.Equal([ProcessStage.Unknown, ProcessStage.Unknown], (ProcessStage[])[ExitStatus.StageOf(process.Id, startTime, environment + 16), ExitStatus.StageOf(process.Id, startTime, 0)]);
        Assert.Null(ExitStatus.Read(process.Id, startTime, pidFd));
        // Another one of that pid is not this one.
        Assert.Equal(ProcessStage.Ending, ExitStatus.StageOf(process.Id, startTime - 1, environment));

        process.StandardInput.Close();
        process.WaitForExit();

        Assert.Equal(ProcessStage.Ending, ExitStatus.StageOf(process.Id, startTime, environment));
        Assert.Equal(status, ExitStatus.Read(process.Id, startTime, pidFd));
    }

    [Fact]
    public void IsKnownOfOneThatIsNotReaped()
    {
        // What the shell becomes knows nothing of its child, and never reaps it.
        using Process parent = Process.Start(new ProcessStartInfo("sh", ["-c", "exec 3<&0; sh -c 'echo $$; read line <&3; kill -KILL $$' & exec sleep 1000"]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        try
        {
            int child = int.Parse(parent.StandardOutput.ReadLine()!, CultureInfo.InvariantCulture);
            using FileDescriptor pidFd = new(Libc.pidfd_open(child, 0));
            ulong startTime = ProcStat.ReadStartTime(child);

            parent.StandardInput.WriteLine();
            parent.StandardInput.Flush();

            Assert.True(SpinWait.SpinUntil(() => ProcStat.Read($"/proc/{child}/stat").IsDead, s_limit));
            Assert.Equal(9, ExitStatus.Read(child, startTime, pidFd));
        }
        finally
        {
            parent.Kill();
        }
    }
}
