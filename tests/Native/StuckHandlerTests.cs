using System.Diagnostics;
using CrashHandler.Protocol;
using Xunit;

namespace CrashHandler.Tests.Native;

/// <summary>A handler that took the notice and then says nothing is killed at the limit, and the victim dies.</summary>
public sealed class StuckHandlerTests
{
    private const int KilledStatus = 137;
    private const int HoldMilliseconds = 1_500;

    /// <summary>Takes that limit.</summary>
    [Fact]
    public void IsKilledAtTheLimitOfSilence() => Check("segv", NativeBuild.Library, ProtocolLimits.SilenceLimitMilliseconds);

    /// <summary>The whole dialogue's limit is the client's own, and longer by what it registered as its hold.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(HoldMilliseconds)]
    public void IsKilledAtTheLimitOfTheDialogueAndItsHold(int hold)
        => Check($"held {hold}", NativeBuild.HastyLibrary, NativeBuild.HastyLimitMilliseconds + hold);

    private static void Check(string death, string library, int limitMilliseconds)
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

            VictimResult seen = Victim.RunStage1(NativeBuild.Victim, death, address, library);
            stuck.WaitForExit();

            Assert.Equal(139, seen.Status);
            Assert.InRange(seen.Elapsed.TotalMilliseconds, limitMilliseconds - 100, limitMilliseconds + 1_000);
            Assert.Equal(KilledStatus, stuck.ExitCode);
        }
        finally
        {
            stuck.Kill();
            Directory.Delete(directory, recursive: true);
        }
    }
}
