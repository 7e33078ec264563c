using System.Diagnostics;
using System.Text.Json;
using CrashHandler.Protocol;
using CrashHandler.Tests.Tools;
using Xunit;

namespace CrashHandler.Tests.EndToEnd;

/// <summary>The handler dies while its clients live: another one takes its place, and no report and no parameter is lost.</summary>
public sealed class HandlerRestartTests
{
    // The first five restarts come within 1.5 s (0, 100, 200, 400, 800 ms), the tenth after 26 s.
    private const int QuickRestarts = 5;
    private const int ManyRestarts = 20;

    // Some milliseconds, so that the crashes of a loop come from before the handler's end to after the next one's start.
    private const int SpinsPerStep = 100_000;

    [Theory]
    [MemberData(nameof(Identities.Both), MemberType = typeof(Identities))]
    public void EveryClientRegistersAgainAndItsCrashHasAllItsParameters(string identity)
    {
        using Sandbox sandbox = new(identity);
        RunningProcess main = StartMain(sandbox, "--extra", "who=main");
        RunningProcess renderer = StartRenderer(sandbox, "--extra", "who=renderer");
        RunningProcess prepared = StartPrepared(sandbox);
        Say(renderer, "set later value", "set");
        int first = sandbox.HandlerPid();

        KillHandler(sandbox, first);
        JsonElement status = WaitForHandler(sandbox, first, main, renderer);

        Assert.Equal(["main Victim", "renderer Victim"], status.GetProperty("clients").EnumerateArray()
            .Select(client => $"{client.GetProperty("processType").GetString()} {client.GetProperty("product").GetString()}").Order());
        JsonElement report = Die(sandbox, renderer, "segv");
        Assert.Equal(("renderer", "value"), (Parameter(report, "who"), Parameter(report, "later")));
        Assert.Equal("renderer", report.GetProperty("processType").GetString());
        report = Die(sandbox, prepared, "segv");
        Assert.Equal("child", report.GetProperty("processType").GetString());
        report = Die(sandbox, main, "unhandled");
        Assert.Equal(("main", "Victim"), (Parameter(report, "who"), Parameter(report, "_productName")));
        Assert.Equal(3, sandbox.Reports().Count);
    }

    [Fact]
    public void FiveDeathsInARowAreSurvived()
    {
        using Sandbox sandbox = new(Identities.User);
        RunningProcess main = StartMain(sandbox, "--extra", "who=main");
        RunningProcess renderer = StartRenderer(sandbox, "--extra", "who=renderer");
        HashSet<int> handlers = [];
        for (int i = 0; i < QuickRestarts; i++)
        {
            int handler = sandbox.HandlerPid();
            Assert.True(handlers.Add(handler), $"handler {handler} was killed and is there again");
            KillHandler(sandbox, handler);
            WaitForHandler(sandbox, handler, main, renderer);
        }

        Assert.Equal("renderer", Parameter(Die(sandbox, renderer, "segv"), "who"));
        Assert.Equal("main", Parameter(Die(sandbox, main, "abort"), "who"));
    }

    [Fact]
    public void ParametersSetMeanwhileAreNotLost()
    {
        using Sandbox sandbox = new(Identities.User);
        RunningProcess main = StartMain(sandbox);
        Say(main, "count", "counting");
        for (int i = 0; i < QuickRestarts - 1; i++)
        {
            int handler = sandbox.HandlerPid();
            KillHandler(sandbox, handler);
            WaitForHandler(sandbox, handler, main);
        }

        main.WriteLine("stop");
        string count = main.ReadLine();
        main.Finish();

        Assert.True(int.Parse(count) > 1_000, $"only {count} parameters were set meanwhile");
        Assert.Equal(count, Parameter(sandbox.SingleReport(), "count"));
    }

    /// <summary>A crash that meets a handler with which the process has not registered: whoever makes the report has all of it.</summary>
    [Fact]
    public void ACrashBetweenTwoHandlersHasAllItsParameters()
    {
        const int Times = 20;
        using Sandbox sandbox = new(Identities.User);
        for (int i = 0; i < Times; i++)
        {
            RunningProcess main = StartMain(sandbox, "--extra", $"who={i}");
            using Process handler = Process.GetProcessById(sandbox.HandlerPid());
            handler.Kill();
            Thread.SpinWait(i * SpinsPerStep);
            JsonElement report = Die(sandbox, main, "segv");

            Assert.Equal(($"{i}", "main"), (Parameter(report, "who"), Parameter(report, "process_type")));
        }

        Assert.Equal(Times, sandbox.Reports().Count);
    }

    /// <summary>After an orderly end the process looks for the next handler every 500 ms: it dies before it has registered with it.</summary>
    [Fact]
    public void AHandlerThatTheProcessHasNotMetYetHasAllItsParameters()
    {
        using Sandbox sandbox = new(Identities.User);
        RunningProcess main = StartMain(sandbox, "--extra", "who=main");
        int former = sandbox.HandlerPid();
        Assert.Equal(0, sandbox.Run("kill", "-TERM", former.ToString()).ExitCode);
        sandbox.Until(() => IsGone(former) ? "gone" : null, () => "the handler's end");

        sandbox.Start(TestPrograms.Shared.Handler, "run", "--database", sandbox.Database);
        sandbox.Until(() => sandbox.RunningHandlers().Count == 1 ? "one" : null, () => "the next handler");
        JsonElement report = Die(sandbox, main, "unhandled");

        Assert.Equal(("main", "main"), (Parameter(report, "who"), Parameter(report, "process_type")));
        Assert.Equal("the victim's exception", report.GetProperty("exception").GetProperty("message").GetString());
    }

    [Fact]
    public void AChildWhoseMainIsGoneStartsTheNextHandlerItself()
    {
        using Sandbox sandbox = new(Identities.User);
        RunningProcess main = StartMain(sandbox);
        RunningProcess renderer = StartRenderer(sandbox, "--extra", "who=renderer");
        RunningProcess second = StartRenderer(sandbox, "--extra", "who=second");
        string address = sandbox.HandlerStatus().GetProperty("address").GetString()!;
        int handler = sandbox.HandlerPid();
        main.WriteLine("die none");
        Assert.Equal(0, main.Finish().ExitCode);

        KillHandler(sandbox, handler);
        JsonElement status = WaitForHandler(sandbox, handler, renderer, second);

        Assert.Equal(address, status.GetProperty("address").GetString());
        Assert.Equal("renderer", Parameter(Die(sandbox, renderer, "segv"), "who"));
        Assert.Equal("second", Parameter(Die(sandbox, second, "unhandled"), "who"));
    }

    [Fact]
    public void TwoApplicationsWithOneDatabaseShareTheNextHandlerToo()
    {
        using Sandbox sandbox = new(Identities.User);
        RunningProcess first = StartMain(sandbox, "--extra", "who=first");
        RunningProcess second = StartMain(sandbox, "--extra", "who=second");
        int handler = sandbox.HandlerPid();

        KillHandler(sandbox, handler);
        WaitForHandler(sandbox, handler, first, second);

        Assert.Equal("first", Parameter(Die(sandbox, first, "segv"), "who"));
        Assert.Equal("second", Parameter(Die(sandbox, second, "segv"), "who"));
    }

    [Fact]
    public void AfterASigtermItComesBackToo()
    {
        using Sandbox sandbox = new(Identities.User);
        RunningProcess main = StartMain(sandbox, "--extra", "who=main");
        RunningProcess renderer = StartRenderer(sandbox, "--extra", "who=renderer");
        int handler = sandbox.HandlerPid();

        Assert.Equal(0, sandbox.Run("kill", "-TERM", handler.ToString()).ExitCode);
        WaitForHandler(sandbox, handler, main, renderer);

        Assert.Equal("renderer", Parameter(Die(sandbox, renderer, "segv"), "who"));
        Assert.Equal("main", Parameter(Die(sandbox, main, "segv"), "who"));
    }

    /// <summary>A service manager asks every process of a service to end, and waits for the last one: there must be no new one.</summary>
    [Fact]
    public void AnApplicationThatEndsWithItsHandlerLeavesNone()
    {
        using Sandbox sandbox = new(Identities.User);
        RunningProcess main = StartMain(sandbox);
        int handler = sandbox.HandlerPid();

        Assert.Equal(0, sandbox.Run("kill", "-TERM", handler.ToString()).ExitCode);
        sandbox.Until(() => IsGone(handler) ? "gone" : null, () => "the handler's end");
        Say(main, "set key value", "set");
        main.WriteLine("die none");
        main.Finish();

        Assert.Empty(sandbox.RunningHandlers());
    }

    [Fact]
    public void NobodyWhoSetsAParameterWaitsForAStoppedHandler()
    {
        using Sandbox sandbox = new(Identities.User);
        RunningProcess main = StartMain(sandbox);
        int handler = sandbox.HandlerPid();
        Assert.Equal(0, sandbox.Run("kill", "-STOP", handler.ToString()).ExitCode);
        Stopwatch clock = Stopwatch.StartNew();
        SetMany(main);
        // Now another thread waits for its answer, for 5 s.
        Say(main, "uploads-aside", "asking");
        SetMany(main);

        Assert.True(clock.Elapsed.TotalMilliseconds < ProtocolLimits.AnswerLimitMilliseconds / 2, $"setting parameters took {clock.Elapsed}");
        main.WriteLine("die none");
        Assert.Equal(0, main.Finish().ExitCode);
        Assert.True(clock.Elapsed.TotalMilliseconds < ProtocolLimits.AnswerLimitMilliseconds, $"the process ended after {clock.Elapsed}");
    }

    [Fact]
    public void ARequestComesBackByItself()
    {
        using Sandbox sandbox = new(Identities.User);
        RunningProcess main = StartMain(sandbox);
        KillHandler(sandbox, sandbox.HandlerPid());

        // --no-upload was the choice at the start, and is still stored.
        Say(main, "uploads", "uploads False");
        Say(main, "list", "listed 0");

        Assert.Equal([main.Pid], Pids(sandbox.HandlerStatus()));
    }

    [Theory]
    [InlineData("die none", 0)]
    [InlineData("exit 7", 7)]
    public void TheProcessEndsAsEverWithAndWithoutItsHandler(string command, int exitCode)
    {
        using Sandbox sandbox = new(Identities.User);
        foreach (int kills in new[] { 0, 1, 3 })
        {
            RunningProcess main = StartMain(sandbox);
            for (int i = 0; i < kills; i++)
            {
                int handler = sandbox.HandlerPid();
                KillHandler(sandbox, handler);
                if (i < kills - 1)
                {
                    WaitForHandler(sandbox, handler, main);
                }
            }

            // After the last of three kills the watch sleeps for 200 ms: the end does not wait for it.
            main.WriteLine(command);
            ProcessResult result = main.Finish();

            Assert.Equal(("victim\nready\n", "", exitCode), (result.Output, result.Error, result.ExitCode));
        }

        Assert.Empty(sandbox.Reports());
    }

    [Fact]
    public void NoThreadAndNoDescriptorIsLeftByManyRestarts()
    {
        using Sandbox sandbox = new(Identities.User);
        RunningProcess main = StartMain(sandbox);
        Restart(sandbox, main);
        (int threads, int descriptors) = (Count(main, "task"), Count(main, "fd"));
        for (int i = 1; i < ManyRestarts; i++)
        {
            Restart(sandbox, main);
        }

        // The watch itself may hold one more or less, since it sleeps without its descriptor.
        Assert.InRange(Count(main, "fd"), descriptors - 1, descriptors + 1);
        Assert.InRange(Count(main, "task"), 1, threads + 1);
        Assert.Empty(Directory.GetFiles($"/proc/{main.Pid}/task/{main.Pid}", "children").SelectMany(File.ReadLines));
        Die(sandbox, main, "segv");
    }

    [Fact]
    public void AHandlerThatCannotBeStartedAgainCostsNothing()
    {
        using Sandbox sandbox = new(Identities.User);
        string copy = sandbox.MakeFolder("handler");
        foreach (string file in Directory.GetFiles(Path.GetDirectoryName(TestPrograms.Shared.Handler)!))
        {
            ProgramFile.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        }

        string handlerPath = Path.Combine(copy, "crash-handler");
        RunningProcess main = sandbox.Start(TestPrograms.Shared.Victim, "--role", "main", "--database", sandbox.Database, "--handler", handlerPath, "--no-upload", "--commands");
        main.ReadUntil("ready");
        int handler = sandbox.HandlerPid();
        File.Delete(handlerPath);

        KillHandler(sandbox, handler);
        Say(main, "set key value", "set");
        main.WriteLine("die none");

        ProcessResult result = main.Finish();
        Assert.Equal(("victim\nready\nset\n", "", 0), (result.Output, result.Error, result.ExitCode));
    }

    private static RunningProcess StartMain(Sandbox sandbox, params string[] arguments)
    {
        RunningProcess main = sandbox.StartMain("none", ["--no-upload", "--commands", .. arguments]);
        main.ReadUntil("ready");
        return main;
    }

    private static RunningProcess StartRenderer(Sandbox sandbox, params string[] arguments)
        => StartChild(sandbox, [], ["--role", "renderer", "--handler", TestPrograms.Shared.Handler, .. arguments]);

    private static RunningProcess StartPrepared(Sandbox sandbox)
        => StartChild(sandbox, [$"LD_PRELOAD={TestPrograms.Shared.Shim}"], ["--role", "none"]);

    private static RunningProcess StartChild(Sandbox sandbox, string[] environment, string[] arguments)
    {
        string address = sandbox.HandlerStatus().GetProperty("address").GetString()!;
        RunningProcess child = sandbox.Start("env", [$"CRASH_HANDLER_PIPE={address}", .. environment, TestPrograms.Shared.Victim, .. arguments, "--commands"]);
        child.ReadUntil("ready");
        return child;
    }

    private static void Say(RunningProcess process, string command, string answer)
    {
        process.WriteLine(command);
        Assert.Equal(answer, process.ReadLine());
    }

    /// <summary>Sets more than a socket holds of notices that nobody reads.</summary>
    private static void SetMany(RunningProcess process)
    {
        for (int i = 0; i < 1_000; i++)
        {
            Say(process, $"set key value{i}", "set");
        }
    }

    private static void KillHandler(Sandbox sandbox, int pid)
    {
        using Process handler = Process.GetProcessById(pid);
        handler.Kill();
        sandbox.Until(() => IsGone(pid) ? "gone" : null, () => $"the end of handler {pid}");
    }

    private static bool IsGone(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline").Length == 0;
        }
        catch (IOException)
        {
            return true;
        }
    }

    /// <summary>Waits for another handler, with exactly these clients registered.</summary>
    private static JsonElement WaitForHandler(Sandbox sandbox, int former, params RunningProcess[] clients)
    {
        string last = "no answer";
        int[] wanted = [.. clients.Select(client => client.Pid).Order()];
        return (JsonElement)sandbox.Until<object>(
            () =>
            {
                IReadOnlyList<JsonElement> all = sandbox.RunningHandlers();
                last = string.Join(", ", all);
                return all.Count == 1 && all[0].GetProperty("handlerPid").GetInt32() != former && Registered(all[0]).SequenceEqual(wanted) ? all[0] : null;
            },
            () => $"another handler than {former} with clients {string.Join(", ", wanted)}; the last status was {last}");
    }

    private static IEnumerable<int> Pids(JsonElement status)
        => status.GetProperty("clients").EnumerateArray().Select(client => client.GetProperty("pid").GetInt32()).Order();

    // One that only connected has no product yet.
    private static IEnumerable<int> Registered(JsonElement status) => status.GetProperty("clients").EnumerateArray()
        .Where(client => client.GetProperty("product").ValueKind == JsonValueKind.String).Select(client => client.GetProperty("pid").GetInt32()).Order();

    /// <summary>Lets a client die, and returns its report.</summary>
    private static JsonElement Die(Sandbox sandbox, RunningProcess process, string kind)
    {
        process.WriteLine($"die {kind}");
        Assert.True(process.Finish().ExitCode > 128);
        return sandbox.Reports().Single(report => report.GetProperty("pid").GetInt32() == process.Pid);
    }

    private static string? Parameter(JsonElement report, string name)
        => report.GetProperty("parameters").TryGetProperty(name, out JsonElement value) ? value.GetString() : null;

    /// <summary>Kills the handler and makes the process come back at once: by itself it would wait longer and longer.</summary>
    private static void Restart(Sandbox sandbox, RunningProcess main)
    {
        int handler = sandbox.HandlerPid();
        KillHandler(sandbox, handler);
        Say(main, "uploads", "uploads False");
        WaitForHandler(sandbox, handler, main);
    }

    private static int Count(RunningProcess process, string folder) => Directory.GetFileSystemEntries($"/proc/{process.Pid}/{folder}").Length;
}
