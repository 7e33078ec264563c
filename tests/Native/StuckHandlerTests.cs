using System.Diagnostics;
using CrashHandler.Protocol;
using Xunit;

namespace CrashHandler.Tests.Native;

/// <summary>A handler that took the notice and then says nothing is killed at the limit of silence, and the victim dies. Takes that limit.</summary>
public sealed class StuckHandlerTests
{
    private const int KilledStatus = 137;

    [Fact]
    public void IsKilledAtTheLimitOfSilence()
    {
        string directory = Directory.CreateTempSubdirectory("shim-stuck-").FullName;
        string address = Path.Combine(directory, "s");
        using Process stuck = Process.Start(new ProcessStartInfo(NativeBuild.DotNetVictim, ["stuck-handler", address])
        {
            RedirectStandardOutput = true,
            Environment = { ["SHIM_LIBRARY"] = NativeBuild.Library },
        })!;
        try
        {
            while (stuck.StandardOutput.ReadLine() is { } line && line != "listening")
            {
            }

            VictimResult seen = Victim.RunStage1(NativeBuild.Victim, "segv", address);
            stuck.WaitForExit();

            Assert.Equal(139, seen.Status);
            Assert.InRange(
                seen.Elapsed.TotalMilliseconds, ProtocolLimits.SilenceLimitMilliseconds - 100, ProtocolLimits.SilenceLimitMilliseconds + 1_000);
            Assert.Equal(KilledStatus, stuck.ExitCode);
        }
        finally
        {
            stuck.Kill();
            Directory.Delete(directory, recursive: true);
        }
    }
}
