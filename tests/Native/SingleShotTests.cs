using System.Diagnostics;
using Xunit;

namespace CrashHandler.Tests.Native;

/// <summary>Where no handler answers, the dying process starts one of its own: client/native/tests/single_shot.c stands in for it here.</summary>
public sealed class SingleShotTests : IDisposable
{
    private const int SegvStatus = 139;
    private readonly string _database = Directory.CreateTempSubdirectory("shim-single-").FullName;

    public void Dispose() => Directory.Delete(_database, recursive: true);

    [Theory]
    [InlineData(nameof(FakeAnswers.Silence), "segv")]
    [InlineData(nameof(FakeAnswers.Close), "segv")]
    [InlineData(nameof(FakeAnswers.TakenThenClose), "segv")]
    [InlineData(nameof(FakeAnswers.Close), "two-threads")]
    public void IsStartedWhenNobodyAnswers(string answers, string kind)
    {
        using FakeHandler handler = new(Enum.Parse<FakeAnswers>(answers), _database);

        VictimResult seen = Victim.Wait(Victim.StartStage1(NativeBuild.Victim, kind, handler.Address, NativeBuild.SingleShot));

        Assert.Equal(SegvStatus, seen.Status);
        AssertClean(seen, "11");
    }

    [Fact]
    public void IsStartedWhenTheHandlerIsGone()
    {
        FakeHandler handler = new(FakeAnswers.Release, _database);
        using Process process = Victim.StartStage1(NativeBuild.Victim, "wait-abort", handler.Address, NativeBuild.SingleShot);
        string pid = process.StandardOutput.ReadLine()!;
        handler.Dispose();
        process.StandardInput.Close();

        VictimResult seen = Victim.Wait(process);

        Assert.Equal(134, seen.Status);
        AssertClean(seen with { Output = pid + "\n" }, "6");
    }

    /// <summary>All descriptors in use, and every signal ignored or blocked: neither is passed on.</summary>
    [Fact]
    public void NeedsNoFreeDescriptorAndPassesNothingOn()
    {
        using FakeHandler handler = new(FakeAnswers.Close, _database);

        VictimResult seen = Victim.Wait(Victim.StartStage1(NativeBuild.Victim, "exhausted", handler.Address, NativeBuild.SingleShot));

        Assert.Equal(SegvStatus, seen.Status);
        AssertClean(seen, "11");
    }

    [Fact]
    public void ThatIsStuckIsKilledToo()
    {
        using FakeHandler handler = new(FakeAnswers.Close, _database);
        File.WriteAllText(Path.Combine(_database, "SILENT"), "");

        VictimResult seen = Victim.Wait(Victim.StartStage1(NativeBuild.Victim, "segv", handler.Address, NativeBuild.SingleShot));

        Assert.Equal(SegvStatus, seen.Status);
        Assert.InRange(seen.Elapsed.TotalSeconds, 4.5, 8);
        Assert.False(File.Exists(Path.Combine(_database, "SINGLE_SHOT")));
        // Killed it is when the victim dies, and gone some time later.
        Assert.True(SpinWait.SpinUntil(() => !Directory.GetDirectories("/proc").Any(IsOurs), TimeSpan.FromSeconds(10)), "the single-shot handler lives on");
    }

    private static bool IsRunning(string folder)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, "status")).Split('\n').All(line => line != "State:\tZ (zombie)");
        }
        catch (IOException)
        {
            return false;
        }
    }

    private bool IsOurs(string folder)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, "cmdline")).Contains(_database, StringComparison.Ordinal) && IsRunning(folder);
        }
        catch (IOException)
        {
            // It is no process, or it has just ended.
            return false;
        }
    }

    private void AssertClean(VictimResult seen, string signal)
    {
        string[] lines = File.ReadAllLines(Path.Combine(_database, "SINGLE_SHOT"));
        string[] Of(string name) => [.. lines.Where(line => line.StartsWith(name + " ", StringComparison.Ordinal)).Select(line => line[(name.Length + 1)..])];

        string[] arguments = Of("argument");
        Assert.Equal(["capture", "--database", _database, "--url", "http://127.0.0.1/submit", "--notice-fd"], arguments[..^1]);
        Assert.Equal(["1688"], Of("bytes"));
        Assert.Equal([seen.Number("pid").ToString()], Of("parent"));
        Assert.Equal(Of("parent"), Of("notice"));
        Assert.Equal([signal], Of("signal"));
        Assert.Equal(["0"], Of("ignored"));
        Assert.Equal(["0"], Of("blocked"));
        Assert.Empty(Of("variable"));
        Assert.Equal(["0", "1", "2", arguments[^1]], Of("fd").OrderBy(int.Parse));
    }
}
