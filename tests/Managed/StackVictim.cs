using System.Diagnostics;
using System.Text.Json;
using CrashHandler.Handler.Stacks.Document;
using CrashHandler.Tests.EndToEnd;
using CrashHandler.Tests.Table;
using CrashHandler.Tests.Tools;
using Xunit;

namespace CrashHandler.Tests.Managed;

/// <summary>Runs tests/victims/StackVictim, which build/shapes publishes for every runtime, to its end.</summary>
internal static class StackVictim
{
    public const string Program = "stackvictim";
    public const string Assembly = "stackvictim.dll";
    public const string Pdb = "stackvictim.pdb";

    /// <summary>Behind the variables of an environment: as large a core as is allowed, of memory that is the process's own.</summary>
    public static readonly string[] WithCore = ["/bin/sh", "-c", "ulimit -c $(ulimit -H -c) && echo 0x11 >/proc/self/coredump_filter && exec \"$@\"", "sh"];

    /// <summary>The runtimes.</summary>
    public static readonly string[] Frameworks = ["net8.0", "net9.0", "net10.0"];

    /// <summary>Where it is published for one.</summary>
    public static string Folder(string framework)
    {
        string folder = Path.Combine(TestPrograms.RepositoryRoot(), "artifacts", "shapes", $"stacks-{framework}");
        string absent = Path.Combine(folder, "absent");
        Assert.SkipWhen(File.Exists(absent), File.Exists(absent) ? File.ReadAllText(absent).Trim() : "");
        Assert.True(File.Exists(Path.Combine(folder, Program)), $"{Path.Combine(folder, Program)} is missing; run build/shapes");
        return folder;
    }

    /// <summary>A copy of the program in the sandbox: what lies beside it can be changed.</summary>
    public static string Copy(Sandbox sandbox, string framework)
    {
        string copy = sandbox.MakeFolder("victim");
        foreach (string file in Directory.EnumerateFiles(Folder(framework)))
        {
            ProgramFile.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        }

        return copy;
    }

    /// <summary>Runs it without us; the result has what the runtime says of its death.</summary>
    public static ProcessResult RunBare(Sandbox sandbox, KnownChain chain, string folder) => Die(sandbox, chain.Sent, Start(sandbox, chain.Environment, folder, chain.Kind), out _);

    /// <summary>Runs it covered, and gives what its one report says.</summary>
    public static StackVictimReport Run(Sandbox sandbox, string kind, Way way, string folder, int sent = 0, params string[] environment)
    {
        string handler = TestPrograms.Shared.Handler;
        RunningProcess victim = way switch
        {
            Way.Start => Start(sandbox, environment, folder, kind, "start", sandbox.Database, handler),
            Way.Exec => sandbox.Start(handler, ["exec", "--database", sandbox.Database, "--", .. Command(sandbox, environment, folder, kind)]),
            _ => throw new ArgumentOutOfRangeException(nameof(way), way, "the other stages are the table's"),
        };
        ProcessResult end = Die(sandbox, sent, victim, out TimeSpan died);
        JsonElement report = sandbox.SingleReport();
        return new StackVictimReport(end, report, DocumentOf(report), Depth(sandbox), died);
    }

    /// <summary>The stacks beside a report.</summary>
    public static StackDocument DocumentOf(JsonElement report)
        => JsonSerializer.Deserialize(File.ReadAllBytes(Path.ChangeExtension(report.GetProperty("dump").GetString()!, ".managed.json")), StacksJson.Default.StackDocument)
            ?? throw new InvalidOperationException("the report has no stacks");

    private static RunningProcess Start(Sandbox sandbox, string[] environment, string folder, string kind, params string[] more)
    {
        string[] command = [.. Command(sandbox, environment, folder, kind), .. more];
        return sandbox.Start(command[0], command[1..]);
    }

    // Through env(1), and through what it runs: the pid stays, and the sandbox gives every process the same environment.
    private static string[] Command(Sandbox sandbox, string[] environment, string folder, string kind)
        => ["/usr/bin/env", .. environment, Path.Combine(folder, Program), kind, sandbox.PathOf("facts")];

    private static ProcessResult Die(Sandbox sandbox, int sent, RunningProcess victim, out TimeSpan died)
    {
        victim.ReadUntil("ready");
        VictimRun.WaitUntilIdle(sandbox, victim);
        long began = Stopwatch.GetTimestamp();
        if (sent == 0)
        {
            victim.WriteLine("go");
        }
        else
        {
            Send(victim.Pid, sent);
            victim.WriteLine("ping");
            victim.ReadUntil("pong");
            VictimRun.WaitUntilIdle(sandbox, victim);
            began = Stopwatch.GetTimestamp();
            Send(victim.Pid, sent);
            sandbox.Until(() => victim.HasExited ? "dead" : null, () => "the victim to die of what was sent");
        }

        ProcessResult end = victim.Finish();
        died = Stopwatch.GetElapsedTime(began);
        return end;
    }

    private static void Send(int pid, int signal) => Assert.Equal(0, VictimRun.SendSignal(pid, signal));

    private static int Depth(Sandbox sandbox)
    {
        string facts = sandbox.PathOf("facts");
        return File.Exists(facts) ? BitConverter.ToInt32(File.ReadAllBytes(facts)) : 0;
    }
}
