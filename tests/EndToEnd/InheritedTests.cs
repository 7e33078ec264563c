using System.Globalization;
using CrashHandler.Tests.Tools;
using Xunit;

namespace CrashHandler.Tests.EndToEnd;

/// <summary>
/// Handlers of applications that are more limited, more urgent or less important than others, and that are covered themselves: neither a launched handler, nor one that a dying process
/// starts for itself, nor the walk of either takes any of that over.
/// </summary>
public sealed class InheritedTests : IDisposable
{
    // Fields of /proc/PID/stat behind the name (proc(5)).
    private const int NiceField = 16, PolicyField = 38;
    private const int Other = 0;
    private const int First = 1000;
    private const int SegmentationFault = 128 + 11;

    // Soft ones, with hard ones above.
    private static readonly string[] s_limited = ["--cpu=500:", "--data=20000000000:", "--stack=4194304:", "--fsize=1000000000:"];

    private Sandbox? _sandbox;

    public void Dispose() => _sandbox?.Dispose();

    /// <summary>Identity, the application's oom_score_adj, and the one its handler has.</summary>
    public static TheoryData<string, int> Scores => new() { { Identities.Root, First }, { Identities.Root, -First }, { Identities.User, First }, { Identities.User, 300 } };

    [Theory]
    [MemberData(nameof(Scores))]
    public void ALaunchedHandlerHasNoneOfIt(string identity, int score)
    {
        Sandbox sandbox = _sandbox = new(identity);
        RunningProcess victim = sandbox.Start("env", [.. Burdens(sandbox, score), TestPrograms.Shared.Victim, .. sandbox.MainArguments("none"), "--no-upload", "--hold"]);
        victim.ReadUntil("ready");
        AssertBurdened(victim.Pid, score);

        AssertFree(sandbox.HandlerPid());
        // The next one is started by another thread, and has nothing either.
        int first = sandbox.HandlerPid();
        sandbox.KillHandler();
        int next = int.Parse(sandbox.Until(() => sandbox.RunningHandlers() is [var one] && one.GetProperty("handlerPid").GetInt32() != first ? $"{one.GetProperty("handlerPid").GetInt32()}" : null, () => "the next handler"), CultureInfo.InvariantCulture);
        AssertFree(next);
    }

    [Theory]
    [MemberData(nameof(Scores))]
    public void AHandlerOfADyingProcessHasNoneOfItNorHasItsWalk(string identity, int score)
    {
        Sandbox sandbox = _sandbox = new(identity);
        string handler = WithDeafWalk(sandbox);
        RunningProcess running = sandbox.Start(handler, "run", "--database", sandbox.Database, "--ready-fd", "1");
        string address = running.ReadLine().Split(' ')[2];
        RunningProcess victim = sandbox.Start(
            "env", [.. Burdens(sandbox, score), $"LD_PRELOAD={TestPrograms.Shared.Shim}", $"CRASH_HANDLER_PIPE={address}", sandbox.CompileScript("threads_and_fault.c", "-pthread")]);
        victim.ReadUntil("ready");
        AssertBurdened(victim.Pid, score);
        running.Kill();
        running.Finish();

        victim.WriteLine("die");
        int walk = WalkIn(sandbox, handler);
        int parent = int.Parse(StatusOf(walk, "PPid"), CultureInfo.InvariantCulture);

        Assert.Contains("\0capture\0", File.ReadAllText($"/proc/{parent}/cmdline"), StringComparison.Ordinal);
        Assert.Equal("", File.ReadAllText($"/proc/{parent}/environ"));
        AssertFree(parent);
        AssertBare(walk);
        sandbox.Kill(walk);
        Assert.Equal(SegmentationFault, victim.Finish().ExitCode);
        sandbox.SingleReport();
    }

    /// <summary>Whoever started a handler by hand may have been covered by another one: its walks are not.</summary>
    [Fact]
    public void TheWalkOfAHandlerThatIsCoveredItselfIsNot()
    {
        Sandbox sandbox = _sandbox = new(Identities.User);
        string other = sandbox.PathOf("other.sock");
        sandbox.Start(TestPrograms.Shared.Handler, "run", "--database", sandbox.PathOf("other"), "--pipe", other);
        sandbox.Until(() => File.Exists(other) ? "there" : null, () => "the other handler");
        string handler = WithDeafWalk(sandbox);
        RunningProcess running = sandbox.Start(
            "env", $"LD_PRELOAD={TestPrograms.Shared.Shim}", $"CRASH_HANDLER_PIPE={other}", $"DOTNET_STARTUP_HOOKS={TestPrograms.Shared.Hook}", handler, "run", "--database", sandbox.Database, "--ready-fd", "1");
        string address = running.ReadLine().Split(' ')[2];
        Assert.Contains("libcrashhandler.so", File.ReadAllText($"/proc/{running.Pid}/maps"), StringComparison.Ordinal);

        RunningProcess victim = sandbox.Start("env", $"LD_PRELOAD={TestPrograms.Shared.Shim}", $"CRASH_HANDLER_PIPE={address}", sandbox.CompileScript("fault.c"));
        int walk = WalkIn(sandbox, handler);

        Assert.Equal(running.Pid, int.Parse(StatusOf(walk, "PPid"), CultureInfo.InvariantCulture));
        AssertBare(walk);
        sandbox.Kill(walk);
        Assert.Equal(SegmentationFault, victim.Finish().ExitCode);
    }

    /// <summary>A real walk, in a real crash of a .NET process, is the first that the kernel takes when memory runs out: the report goes on without it.</summary>
    [Fact]
    public void AWalkOffersItself()
    {
        Sandbox sandbox = _sandbox = new(Identities.User);
        // It waits for a request that never comes whole, and says what it is by then.
        RunningProcess walk = sandbox.Start(Path.Combine(Path.GetDirectoryName(TestPrograms.Shared.Handler)!, "crash-handler-walk"));

        sandbox.Until(() => ScoreOf(walk.Pid) == $"{First}" ? "first" : null, () => "the walk to offer itself");
    }

    /// <summary>What a program is put under: arguments of env(1).</summary>
    private static string[] Burdens(Sandbox sandbox, int score)
    {
        if (sandbox.Run("choom", "-n", $"{score}", "--", "true").ExitCode != 0)
        {
            Assert.Skip($"needs CAP_SYS_RESOURCE: an oom_score_adj of {score} is not allowed here");
        }

        // Who may not raise a priority cannot have lowered it for good either: the handler would be no wiser.
        bool mayRaise = sandbox.Run("nice", "-n", "-1", "true").Error.Length == 0;
        return
        [
            // Without it the runtime wants a file of 2 TiB.
            "DOTNET_EnableWriteXorExecute=0",
            "COMPlus_Test=1", "CORECLR_PROFILER={0}", "LD_DEBUG=", "LD_AUDIT=",
            "choom", "-n", $"{score}", "--", "chrt", mayRaise ? "--idle" : "--batch", "0", "ionice", "-c", "3", .. mayRaise ? ["nice", "-n", "7"] : Array.Empty<string>(),
            "prlimit", .. s_limited, "--", "env",
        ];
    }

    private static void AssertBurdened(int pid, int score)
    {
        Assert.Equal($"{score}", ScoreOf(pid));
        Assert.NotEqual(Other, Stat(pid, pid, PolicyField));
        Assert.Contains(File.ReadLines($"/proc/{pid}/limits"), line => line.StartsWith("Max cpu time", StringComparison.Ordinal) && line.Contains(" 500 ", StringComparison.Ordinal));
    }

    /// <summary>As a process of which nobody said anything, in each of its threads.</summary>
    private void AssertFree(int pid)
    {
        // Without rights it goes no lower than somebody with rights has set these tests.
        Assert.InRange(int.Parse(ScoreOf(pid), CultureInfo.InvariantCulture), 0, Math.Max(0, int.Parse(ScoreOf(Environment.ProcessId), CultureInfo.InvariantCulture)));
        Assert.StartsWith("none", _sandbox!.Run("ionice", "-p", $"{pid}").Output, StringComparison.Ordinal);
        foreach (string task in Directory.EnumerateDirectories($"/proc/{pid}/task"))
        {
            int thread = int.Parse(Path.GetFileName(task), CultureInfo.InvariantCulture);
            Assert.Equal((Other, 0), (Stat(pid, thread, PolicyField), Stat(pid, thread, NiceField)));
        }

        string[] limits = File.ReadAllLines($"/proc/{pid}/limits");
        foreach (string name in new[] { "Max cpu time", "Max data size", "Max file size", "Max processes", "Max open files", "Max address space" })
        {
            // Name, soft, hard, unit, in columns.
            string[] values = limits.Single(line => line.StartsWith(name, StringComparison.Ordinal))[name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal((name, values[1]), (name, values[0]));
        }

        Assert.Contains(limits, line => line.StartsWith("Max stack size", StringComparison.Ordinal) && line.Contains(" 8388608 ", StringComparison.Ordinal));
        Assert.Equal("0077", StatusOf(pid, "Umask"));
        AssertUncovered(pid);
    }

    private static void AssertBare(int pid)
    {
        Assert.Equal("", File.ReadAllText($"/proc/{pid}/environ"));
        AssertUncovered(pid);
    }

    private static void AssertUncovered(int pid)
    {
        string[] forbidden = ["LD_PRELOAD=", "LD_AUDIT=", "LD_DEBUG=", "CRASH_HANDLER_", "DOTNET_", "COMPlus_", "CORECLR_"];
        Assert.DoesNotContain(File.ReadAllText($"/proc/{pid}/environ").Split('\0'), variable => forbidden.Any(prefix => variable.StartsWith(prefix, StringComparison.Ordinal)));
        Assert.DoesNotContain("libcrashhandler.so", File.ReadAllText($"/proc/{pid}/maps"), StringComparison.Ordinal);
    }

    /// <summary>A handler with all that belongs beside it, but for a walk that never answers.</summary>
    private static string WithDeafWalk(Sandbox sandbox)
    {
        string folder = sandbox.MakeFolder("deaf");
        // Hard links: the kernel tells the executable's path by the name that it was started by.
        ToolResult links = ToolProcess.Run("cp", EndToEndLimits.Deadline, "-rl", $"{Path.GetDirectoryName(TestPrograms.Shared.Handler)}/.", folder);
        Assert.True(links.ExitCode == 0, links.Error);
        string walk = Path.Combine(folder, "crash-handler-walk");
        File.Delete(walk);
        ProgramFile.Copy(sandbox.CompileScript("fake_walk.c", "-DMODE=DEAF"), walk);
        return Path.Combine(folder, "crash-handler");
    }

    /// <summary>The walk that runs beside a handler: its executable is told by the kernel, as it has one word on its command line.</summary>
    private static int WalkIn(Sandbox sandbox, string handler)
        => int.Parse(sandbox.Until(() => Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).FirstOrDefault(name => int.TryParse(name, out int pid) && Executable(pid) == $"{handler}-walk"), () => "the walk"), CultureInfo.InvariantCulture);

    private static string? Executable(int pid)
    {
        try
        {
            return new FileInfo($"/proc/{pid}/exe").LinkTarget;
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            // It ended between the listing and the look, or is somebody else's.
            return null;
        }
    }

    private static string ScoreOf(int pid) => File.ReadAllText($"/proc/{pid}/oom_score_adj").Trim();

    private static int Stat(int pid, int thread, int field)
    {
        string stat = File.ReadAllText($"/proc/{pid}/task/{thread}/stat");
        return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[field], CultureInfo.InvariantCulture);
    }

    private static string StatusOf(int pid, string name)
        => File.ReadLines($"/proc/{pid}/status").Single(line => line.StartsWith(name + ":", StringComparison.Ordinal))[(name.Length + 1)..].Trim();
}
