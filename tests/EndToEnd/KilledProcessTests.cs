using System.IO.Compression;
using System.Text.Json;
using CrashHandler.Handler.Daemon;
using CrashHandler.Handler.Reports;
using CrashHandler.Tests.Contract;
using Xunit;

namespace CrashHandler.Tests.EndToEnd;

/// <summary>
/// Processes that end without a notice: killed by somebody, or by the kernel for want of memory. What is none is proved by the handler's own end: it waits for every process that is about to end.
/// </summary>
public sealed class KilledProcessTests
{
    private const int Killed = 128 + 9;
    private const string KilledReason = "killed (SIGKILL)";

    // What the victim needs to come up is a fraction of it.
    private const long LimitBytes = 24 << 20;

    [Theory]
    [MemberData(nameof(Identities.Both), MemberType = typeof(Identities))]
    public void IsReportedWithAllThatItSaid(string identity)
    {
        RequireStatus();
        using Sandbox sandbox = new(identity);
        // Its parent never reaps it: so it is seen whose it was, and its file may be taken, also where it is root's and could have become another user's.
        RunningProcess parent = sandbox.Start("sh", "-c", "exec 3<&0; \"$@\" <&3 & exec sleep 1000", "sh", TestPrograms.Shared.Victim, "--converse", "--handler", TestPrograms.Shared.Handler);
        Application application = new(parent);
        application.Start(Options(sandbox));
        int pid = Assert.Single(sandbox.HandlerStatus().GetProperty("clients").EnumerateArray()).GetProperty("pid").GetInt32();
        application.Ask("add", "last", "words");
        application.Ask("attach-file", sandbox.WriteFile("app.log", "what it did\n"u8.ToArray()));

        sandbox.Kill(pid);

        JsonElement report = Single(sandbox);
        Assert.Equal((KilledReason, "main", pid, 0), (Text(report, "reason"), Text(report, "processType"), report.GetProperty("pid").GetInt32(), report.GetProperty("threadId").GetInt32()));
        Assert.Equal((TestPrograms.Shared.Victim, "None", JsonValueKind.Null), (Text(report, "executable"), Text(report, "access"), report.GetProperty("dump").ValueKind));
        JsonElement end = report.GetProperty("end");
        Assert.Equal((9, 9), (end.GetProperty("signal").GetInt32(), end.GetProperty("waitStatus").GetInt32()));
        Assert.InRange(end.GetProperty("resident").GetInt64(), 1 << 20, 1L << 40);
        Assert.InRange(end.GetProperty("memoryAge").GetDouble(), 0, 600);
        JsonElement parameters = report.GetProperty("parameters");
        Assert.Equal(("words", ".NET", KilledReason, "SIGKILL"), (Text(parameters, "last"), Text(parameters, "prod"), Text(parameters, "end.reason"), Text(parameters, "end.signal")));
        Assert.Equal($"{end.GetProperty("resident").GetInt64()}", Text(parameters, "end.memory"));
        string attachment = Assert.Single(report.GetProperty("attachments").EnumerateArray()).GetString()!;
        Assert.Equal("what it did\n", File.ReadAllText(Path.Combine(sandbox.Database, "attachments", Text(report, "id"), attachment)));
        Assert.Empty(report.GetProperty("softErrors").EnumerateArray());
        AssertShown(sandbox, Text(report, "id"));
        sandbox.TerminateHandler();
        Single(sandbox);
    }

    [Theory]
    [InlineData("kill", KilledReason, 9)]
    [InlineData("segv", "SIGSEGV, without a notice", 11)]
    [InlineData("execve", KilledReason, 9)]
    public void AProgramThatKnowsNothingIsReportedToo(string way, string reason, int signal)
    {
        RequireStatus();
        using Sandbox sandbox = new(Identities.User);
        RunningProcess handler = StartHandler(sandbox);

        ProcessResult ended = End(sandbox, Compile(sandbox), way, "kill");

        Assert.Equal(128 + signal, ended.ExitCode);
        JsonElement report = Single(sandbox);
        Assert.Equal((reason, ended.Pid, "child", "native"), (Text(report, "reason"), report.GetProperty("pid").GetInt32(), Text(report, "processType"), Text(report.GetProperty("parameters"), "prod")));
        Assert.Equal(sandbox.PathOf("end"), Text(report, "executable"));
        Stop(sandbox, handler);
        Single(sandbox);
    }

    /// <summary>It has no connection to tell its crash with when it comes, and perhaps no room for one.</summary>
    [Fact]
    public void AProgramThatClosedTheConnectionsAndGoesOnIsReportedToo()
    {
        RequireStatus();
        using Sandbox sandbox = new(Identities.User);
        RunningProcess handler = StartHandler(sandbox);
        RunningProcess program = sandbox.Start("env", [$"LD_PRELOAD={TestPrograms.Shared.Shim}", $"CRASH_HANDLER_PIPE={Pipe(sandbox)}", Compile(sandbox), "let-go"]);
        program.ReadUntil("let go");
        sandbox.Until(() => sandbox.HandlerStatus().GetProperty("clients").GetArrayLength() == 0 ? "seen" : null, () => "the end of its connections");

        program.WriteLine("");

        Assert.Equal(128 + 11, program.Finish().ExitCode);
        sandbox.Until(() => sandbox.Reports().Count > 0 ? "there" : null, () => "its report");
        JsonElement report = Single(sandbox);
        Assert.Equal(("SIGSEGV, without a notice", program.Pid), (Text(report, "reason"), report.GetProperty("pid").GetInt32()));
        Stop(sandbox, handler);
        Single(sandbox);
    }

    /// <summary>It became a program that is not covered: how that one ends is nobody's business. One that is dead before it was looked at could not be told from the former.</summary>
    [Fact]
    public void AProgramThatBecameAnotherIsNotReported()
    {
        RequireStatus();
        using Sandbox sandbox = new(Identities.User);
        RunningProcess handler = StartHandler(sandbox);
        RunningProcess program = sandbox.Start("env", [$"LD_PRELOAD={TestPrograms.Shared.Shim}", $"CRASH_HANDLER_PIPE={Pipe(sandbox)}", Compile(sandbox), "uncovered", "kill"]);
        program.ReadUntil("ready");
        sandbox.Until(() => sandbox.HandlerStatus().GetProperty("clients").GetArrayLength() == 0 ? "seen" : null, () => "the end of its connections");

        program.WriteLine("");

        Assert.Equal(128 + 9, program.Finish().ExitCode);
        Stop(sandbox, handler);
        Assert.Empty(sandbox.Reports());
    }

    [Fact]
    public void WhoEndsByItselfOrIsAskedToIsNotReported()
    {
        RequireStatus();
        using Sandbox sandbox = new(Identities.User);
        RunningProcess handler = StartHandler(sandbox);
        string program = Compile(sandbox);
        foreach ((string[] way, int code) in ((string[], int)[])
            [(["exit"], 0), (["fail"], 137), (["_exit"], 0), (["term"], 143), (["pipe"], 141), (["quit"], 131), (["fork"], 0), (["execve", "_exit"], 0)])
        {
            ProcessResult ended = End(sandbox, program, way);
            Assert.Equal((code, ""), (ended.ExitCode, ended.Error));
        }

        // The same program, told otherwise, is: so these were seen, too.
        int killed = End(sandbox, program, "kill").Pid;
        Stop(sandbox, handler);

        Assert.Equal(killed, Single(sandbox).GetProperty("pid").GetInt32());
    }

    [Fact]
    public void ADotNetProcessThatEndsOrIsAskedToIsNotReported()
    {
        using Sandbox sandbox = new(Identities.User);
        RunningProcess held = sandbox.StartMain("none", "--no-upload", "--hold");
        held.ReadUntil("ready");
        Assert.Equal(0, sandbox.RunMain("none", "--no-upload").ExitCode);

        sandbox.Terminate(held.Pid);

        sandbox.TerminateHandler();
        Assert.Empty(sandbox.Reports());
    }

    [Fact]
    public void WhereTheKernelDoesNotTellOnlyItsOwnKillsAreReported()
    {
        using Sandbox sandbox = new(Identities.User);
        RunningProcess handler = StartHandler(sandbox, "--exit-status", "none");

        Assert.Equal(Killed, End(sandbox, Compile(sandbox), "kill").ExitCode);

        Stop(sandbox, handler);
        Assert.Empty(sandbox.Reports());
    }

    /// <summary>The cgroup is the witness: whether the kernel tells how the process ended, or not.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void WhoIsKilledForWantOfMemoryIsReportedAsThat(bool tellsStatus)
    {
        using MemoryLimit limit = new(LimitBytes);
        using Sandbox sandbox = new(Identities.Root);
        RunningProcess handler = StartHandler(sandbox, tellsStatus ? [] : ["--exit-status", "none"]);
        RunningProcess process = sandbox.Start("sh", "-c", "echo $$ > \"$0\" && exec env \"$@\"", limit.Members, $"LD_PRELOAD={TestPrograms.Shared.Shim}", $"CRASH_HANDLER_PIPE={Pipe(sandbox)}", Compile(sandbox), "wait", "take-all");
        process.ReadUntil("ready");
        process.WriteLine("now");

        Assert.Equal(Killed, process.Finish().ExitCode);

        JsonElement report = Single(sandbox);
        Assert.Equal((AbnormalEnd.OutOfMemory, process.Pid), (Text(report, "reason"), report.GetProperty("pid").GetInt32()));
        JsonElement end = report.GetProperty("end");
        Assert.Equal(tellsStatus ? JsonValueKind.Number : JsonValueKind.Null, end.GetProperty("waitStatus").ValueKind);
        Assert.Equal((9, 1, limit.Folder, LimitBytes), (end.GetProperty("signal").GetInt32(), end.GetProperty("oomKills").GetInt64(), Text(end, "cgroup"), end.GetProperty("cgroupLimit").GetInt64()));
        Assert.InRange(end.GetProperty("cgroupPeak").GetInt64(), LimitBytes / 2, LimitBytes);
        Assert.Equal($"{LimitBytes}", Text(report.GetProperty("parameters"), "end.memory_limit"));
        Assert.Contains($"limit {LimitBytes >> 20}.0 MiB; {limit.Folder}", Show(sandbox, Text(report, "id")), StringComparison.Ordinal);
        Stop(sandbox, handler);
        Single(sandbox);
    }

    /// <summary>Nobody tells the next handler: what it finds is a report, from the record on.</summary>
    [Theory]
    [InlineData(nameof(FilingStep.RecordWritten))]
    [InlineData(nameof(FilingStep.RecordMoved))]
    public void AHandlerThatIsKilledMeanwhileLosesNothing(string step)
    {
        RequireStatus();
        using Sandbox sandbox = new(Identities.User);
        RunningProcess handler = StartHandler(sandbox, "--fail-at", $"kill:{step}");
        int killed = End(sandbox, Compile(sandbox), "kill").Pid;
        Assert.Equal(Killed, handler.Finish().ExitCode);
        Assert.Empty(sandbox.Reports());
        File.Delete(Pipe(sandbox));

        handler = StartHandler(sandbox);

        Assert.Equal((KilledReason, killed), (Text(Single(sandbox), "reason"), Single(sandbox).GetProperty("pid").GetInt32()));
        Stop(sandbox, handler);
        Assert.False(Directory.Exists(Path.Combine(sandbox.Database, "quarantine")));
    }

    [Fact]
    public void TheNextHandlerSeesTheEndAndTheKilledOneMakesNone()
    {
        RequireStatus();
        using Sandbox sandbox = new(Identities.User);
        RunningProcess process = sandbox.Start(TestPrograms.Shared.Victim, "--converse", "--handler", TestPrograms.Shared.Handler);
        new Application(process).Start(Options(sandbox));
        int first = sandbox.HandlerPid();
        sandbox.Kill(first);
        sandbox.Until(() => sandbox.RunningHandlers() is [JsonElement next] && next.GetProperty("handlerPid").GetInt32() != first && next.GetProperty("clients").GetArrayLength() == 1 ? "there" : null,
            () => "the process to register with the next handler");
        Assert.Empty(sandbox.Reports());

        sandbox.Kill(process.Pid);

        Single(sandbox);
        sandbox.TerminateHandler();
        Assert.Equal(process.Pid, Single(sandbox).GetProperty("pid").GetInt32());
    }

    /// <summary>A server that wants a dump says so, and that is the end of it.</summary>
    [Fact]
    public void AServerThatWantsADumpIsAskedOnce()
    {
        RequireStatus();
        using Sandbox sandbox = new(Identities.User);
        Collector collector = sandbox.StartCollector();
        RunningProcess handler = StartHandler(sandbox, "--url", collector.Url);
        End(sandbox, Compile(sandbox), "kill");

        sandbox.Until(() => sandbox.Reports() is [JsonElement one] && Text(one, "state") == "failed" ? "failed" : null, () => "the refused upload");
        JsonElement report = Single(sandbox);
        Assert.Equal(1, report.GetProperty("attempts").GetInt32());
        Assert.Contains("upload_file_minidump is missing", Text(report, "lastError"), StringComparison.Ordinal);
        Assert.Empty(collector.Arrived());
        Stop(sandbox, handler);
    }

    private static void RequireStatus()
    {
        // A parent that reaps at once leaves /proc no time to be read.
        if (Environment.OSVersion.Version < new Version(6, 15))
        {
            Assert.Skip($"Linux {Environment.OSVersion.Version} does not tell how a process ended that is reaped; 6.15 does");
        }
    }

    private static CrashReporterOptions Options(Sandbox sandbox) => new()
    {
        ProductName = "Zombies",
        CompanyName = "Umbrella Corporation",
        UploadToServer = false,
        CrashesDirectory = sandbox.Database,
        Extra = new Dictionary<string, string> { ["first"] = "words" },
    };

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    private static JsonElement Single(Sandbox sandbox)
    {
        sandbox.Until(() => sandbox.Reports().Count > 0 ? "one" : null, () => "the report");
        return sandbox.SingleReport();
    }

    private static string Show(Sandbox sandbox, string id, params string[] options) => sandbox.Handler(["reports", "show", id, "--database", sandbox.Database, .. options]).Output;

    private static void AssertShown(Sandbox sandbox, string id)
    {
        string text = Show(sandbox, id);
        Assert.Contains($"Reason      {KilledReason}\nEnded       killed by signal 9, as the kernel told\nMemory      ", text, StringComparison.Ordinal);
        Assert.Contains("\nFile        none: the process was gone before anything could be read of it\n", text, StringComparison.Ordinal);
        Assert.Contains("  last = words\n", text, StringComparison.Ordinal);
        string page = Show(sandbox, id, "--html", "-");
        Assert.Contains("the process was gone before anything could be read of it", page, StringComparison.Ordinal);
        Assert.DoesNotContain("Modules (0)", page, StringComparison.Ordinal);
        JsonElement shown = sandbox.Json("reports", "show", id, "--json", "--database", sandbox.Database);
        Assert.Equal((0, 0, JsonValueKind.Null), (shown.GetProperty("threads").GetArrayLength(), shown.GetProperty("modules").GetArrayLength(), shown.GetProperty("stacks").ValueKind));
        JsonElement group = Assert.Single(sandbox.Json("reports", "list", "--group", "--json", "--database", sandbox.Database).EnumerateArray());
        Assert.Equal((KilledReason, JsonValueKind.Null), (Text(group, "reason"), group.GetProperty("signature").ValueKind));
        JsonElement exported = sandbox.Json("reports", "export", id, "-o", sandbox.PathOf("report.zip"), "--json", "--database", sandbox.Database);
        Assert.StartsWith("minidump.dmp: there is none", Assert.Single(exported.GetProperty("leftOut").EnumerateArray()).GetString(), StringComparison.Ordinal);
        using ZipArchive zip = ZipFile.OpenRead(sandbox.PathOf("report.zip"));
        Assert.Equal(["README.txt", "app.log", "report.json"], zip.Entries.Select(entry => entry.Name).Order(StringComparer.Ordinal));
    }

    private static string Pipe(Sandbox sandbox) => Path.Combine(sandbox.RuntimeFolder, $"killed{HandlerAddress.Suffix}");

    private static string Compile(Sandbox sandbox) => File.Exists(sandbox.PathOf("end")) ? sandbox.PathOf("end") : sandbox.CompileScript("end.c");

    private static RunningProcess StartHandler(Sandbox sandbox, params string[] options)
    {
        RunningProcess handler = sandbox.Start(TestPrograms.Shared.Handler, ["run", "--database", sandbox.Database, "--pipe", Pipe(sandbox), "--persistent", .. options]);
        sandbox.Until(() => File.Exists(Pipe(sandbox)) ? "there" : null, () => "the handler's socket");
        return handler;
    }

    private static void Stop(Sandbox sandbox, RunningProcess handler)
    {
        sandbox.Terminate(handler.Pid);
        Assert.Equal(0, handler.Finish().ExitCode);
    }

    private static ProcessResult End(Sandbox sandbox, string program, params string[] way)
        => sandbox.Run("env", [$"LD_PRELOAD={TestPrograms.Shared.Shim}", $"CRASH_HANDLER_PIPE={Pipe(sandbox)}", program, .. way]);
}
