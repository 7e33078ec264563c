using System.Diagnostics;
using CrashHandler.Protocol;
using Xunit;

namespace CrashHandler.Tests.Native;

/// <summary>A handler that took the notice and then stopped for ever is killed at the limit, and the victim dies. Takes the limit.</summary>
public sealed class StuckHandlerTests
{
    private const int KilledStatus = 137;

    [Fact]
    public void IsKilledAtTheLimit()
    {
        string directory = Directory.CreateTempSubdirectory("shim-stuck-").FullName;
        string address = Path.Combine(directory, "s");
        using Process stuck = Process.Start(new ProcessStartInfo(NativeBuild.DotNetVictim, ["stuck-handler", address])
        {
            RedirectStandardOutput = true,
            Environment = { ["SHIM_LIBRARY"] = NativeBuild.Library },
        })!;
        while (stuck.StandardOutput.ReadLine() is { } line && line != "listening")
        {
        }

        VictimResult seen = Victim.RunStage1(NativeBuild.Victim, "segv", address);
        stuck.WaitForExit();

        Assert.Equal(139, seen.Status);
        Assert.InRange(
            seen.Elapsed.TotalMilliseconds, ProtocolLimits.DialogueLimitMilliseconds - 100, ProtocolLimits.DialogueLimitMilliseconds + 1_000);
        Assert.Equal(KilledStatus, stuck.ExitCode);
        Directory.Delete(directory, recursive: true);
    }
}
