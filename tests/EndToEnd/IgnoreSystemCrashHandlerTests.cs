using System.Runtime.InteropServices;
using System.Text.Json;
using CrashHandler.Tests.Table;
using Xunit;

namespace CrashHandler.Tests.EndToEnd;

/// <summary>
/// <c>IgnoreSystemCrashHandler</c>: false leaves the kernel's core and the runtime's createdump as they are, true keeps both away. Our report is
/// made either way, and the process's end is the same.
/// </summary>
public sealed class IgnoreSystemCrashHandlerTests
{
    private const string FullDump = "4"; // The only kind that single-file and NativeAOT programs have.
    private const string SmallDump = "1";

    /// <summary>Identity, kind of death, reason in the report.</summary>
    public static TheoryData<string, string, string> Cases => new(
        from identity in new[] { Identities.Root, Identities.User }
        from death in new[] { ("failfast", "SIGABRT /SI_TKILL"), ("unhandled", "SIGABRT /SI_TKILL"), ("segv", "SIGSEGV /SEGV_MAPERR") }
        select (identity, death.Item1, death.Item2));

    /// <summary>The shapes in which createdump is run in three different ways.</summary>
    public static TheoryData<string> Shapes => new(
        from version in new[] { "net10.0", "net9.0", "net8.0" }
        from form in new[] { "self-contained", "single-file", "aot" }
        select $"{version}-{form}");

    [Theory]
    [MemberData(nameof(Cases))]
    public void CreatedumpIsRunWhenFalse(string identity, string kind, string reason)
    {
        using Sandbox sandbox = new(identity);
        ProcessResult bare = RunWithCreatedump(sandbox, SmallDump, TestPrograms.Shared.Victim, "--kind", kind);
        string dump = RequireDump(sandbox, bare);

        ProcessResult covered = RunWithCreatedump(sandbox, SmallDump, [TestPrograms.Shared.Victim, .. sandbox.MainArguments(kind), "--no-upload"]);

        Assert.Equal((bare.ExitCode, bare.Error), (covered.ExitCode, covered.Error));
        Assert.Equal(new HashSet<string> { dump, DumpOf(sandbox, covered) }, [.. Dumps(sandbox)]);
        AssertReported(sandbox, covered, reason);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void CreatedumpIsStoppedWhenTrue(string identity, string kind, string reason)
    {
        using Sandbox sandbox = new(identity);
        ProcessResult bare = sandbox.Run(TestPrograms.Shared.Victim, "--kind", kind);

        ProcessResult covered = RunWithCreatedump(sandbox, SmallDump, [TestPrograms.Shared.Victim, .. IgnoringArguments(sandbox, kind)]);

        Assert.Equal((bare.ExitCode, bare.Output, bare.Error), (covered.ExitCode, covered.Output, covered.Error));
        Assert.Empty(Dumps(sandbox));
        AssertReported(sandbox, covered, reason);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void CreatedumpIsStoppedUnderExecWhenTrue(string identity, string kind, string reason)
    {
        using Sandbox sandbox = new(identity);
        ProcessResult bare = sandbox.Run(TestPrograms.Shared.Victim, "--kind", kind);

        ProcessResult covered = RunWithCreatedump(
            sandbox, SmallDump, [TestPrograms.Shared.Handler, "exec", "--database", sandbox.Database, "--", TestPrograms.Shared.Victim, .. IgnoringArguments(sandbox, kind)]);

        Assert.Equal((bare.ExitCode, bare.Output, bare.Error), (covered.ExitCode, covered.Output, covered.Error));
        Assert.Empty(Dumps(sandbox));
        AssertReported(sandbox, covered, reason);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void CreatedumpIsStoppedInEveryShape(string name)
    {
        Shape shape = Shape.All().Single(shape => shape.Name == name);
        if (shape.WhyAbsent is { } reason)
        {
            Assert.Skip($"{name}: {reason}");
        }

        using Sandbox sandbox = new(Environment.IsPrivilegedProcess ? Identities.Root : Identities.User);
        string victim = shape.IsNativeAot ? WithCreatedump(sandbox, shape.Victim) : shape.Victim;
        string type = name.EndsWith("self-contained", StringComparison.Ordinal) ? SmallDump : FullDump;
        ProcessResult quiet = sandbox.Run(victim, "fail-fast", sandbox.PathOf("facts"));
        ProcessResult bare = RunWithCreatedump(sandbox, type, victim, "fail-fast", sandbox.PathOf("facts"));
        File.Delete(RequireDump(sandbox, bare));

        ProcessResult covered = RunWithCreatedump(
            sandbox, type, victim, "fail-fast", sandbox.PathOf("facts"), "start-ignoring", sandbox.Database, TestPrograms.Shared.Handler);

        Assert.Equal((quiet.ExitCode, quiet.Output, quiet.Error), (covered.ExitCode, covered.Output, covered.Error));
        Assert.Empty(Dumps(sandbox));
        AssertReported(sandbox, covered, "SIGABRT /SI_TKILL");
    }

    [Theory]
    [MemberData(nameof(Identities.Both), MemberType = typeof(Identities))]
    public void ADumpThatWasAskedForIsWrittenWhenTrue(string identity)
    {
        using Sandbox sandbox = new(identity);
        RunningProcess victim = sandbox.Start(TestPrograms.Shared.Victim, [.. IgnoringArguments(sandbox, "none"), "--hold"]);
        victim.ReadUntil("ready");
        string socket = Assert.Single(Directory.GetFiles(sandbox.Folder, $"dotnet-diagnostic-{victim.Pid}-*-socket"));

        Assert.True(DiagnosticPort.WriteDump(socket, sandbox.PathOf("dump.asked")));

        Assert.Equal([sandbox.PathOf("dump.asked")], Dumps(sandbox));
        Assert.Equal(0, victim.Finish().ExitCode);
        Assert.Empty(sandbox.Reports());
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void TheKernelDumpsWhenFalse(string identity, string kind, string reason)
    {
        using Sandbox sandbox = new(identity);
        ProcessResult bare = RunForCore(sandbox, "--kind", kind);
        RequireCore(bare);

        ProcessResult covered = RunForCore(sandbox, [.. sandbox.MainArguments(kind), "--no-upload"]);

        Assert.Equal((bare.ExitCode, bare.Output, bare.Error), (covered.ExitCode, covered.Output, covered.Error));
        AssertReported(sandbox, null, reason);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void TheKernelDoesNotDumpWhenTrue(string identity, string kind, string reason)
    {
        using Sandbox sandbox = new(identity);
        ProcessResult bare = RunForCore(sandbox, "--kind", kind);
        RequireCore(bare);
        foreach (string core in Cores(sandbox))
        {
            File.Delete(core);
        }

        ProcessResult covered = RunForCore(sandbox, IgnoringArguments(sandbox, kind));

        Assert.Equal((bare.ExitCode, "victim\nno core\n", bare.Error), (covered.ExitCode, covered.Output, covered.Error));
        Assert.Empty(Cores(sandbox));
        AssertReported(sandbox, null, reason);
    }

    private static string[] IgnoringArguments(Sandbox sandbox, string kind) => [.. sandbox.MainArguments(kind), "--no-upload", "--ignore-system"];

    private static ProcessResult RunWithCreatedump(Sandbox sandbox, string type, params string[] command) => sandbox.Run(
        "env", ["DOTNET_DbgEnableMiniDump=1", $"DOTNET_DbgMiniDumpName={sandbox.PathOf("dump.%p")}", $"DOTNET_DbgMiniDumpType={type}", .. command]);

    private static string[] Dumps(Sandbox sandbox) => Directory.GetFiles(sandbox.Folder, "dump.*");

    private static string DumpOf(Sandbox sandbox, ProcessResult result) => sandbox.PathOf($"dump.{result.Pid}");

    /// <summary>The dump of a process without us; there is nothing to stop where it has none.</summary>
    private static string RequireDump(Sandbox sandbox, ProcessResult bare)
    {
        if (!Dumps(sandbox).Contains(DumpOf(sandbox, bare)))
        {
            Assert.Skip($"createdump writes no dump of the bare victim here: {bare.Error}");
        }

        return DumpOf(sandbox, bare);
    }

    /// <summary>NativeAOT programs have createdump beside them if somebody puts it there.</summary>
    private static string WithCreatedump(Sandbox sandbox, string victim)
    {
        string[] files = [victim, Path.Combine(Path.GetDirectoryName(victim)!, "libdeath.so"), Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "createdump")];
        foreach (string file in files)
        {
            File.SetUnixFileMode(sandbox.WriteFile(Path.GetFileName(file), File.ReadAllBytes(file)), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }

        return sandbox.PathOf(Path.GetFileName(victim));
    }

    private static ProcessResult RunForCore(Sandbox sandbox, params string[] arguments)
    {
        string parent = sandbox.PathOf("dump_core");
        return sandbox.Run(File.Exists(parent) ? parent : sandbox.CompileScript("dump_core.c"), [TestPrograms.Shared.Victim, .. arguments]);
    }

    private static string[] Cores(Sandbox sandbox) => Directory.GetFiles(sandbox.Folder, "core*");

    private static void RequireCore(ProcessResult bare)
    {
        if (!bare.Output.EndsWith("\ncore\n", StringComparison.Ordinal))
        {
            Assert.Skip($"the kernel dumps no core of the bare victim here; look at the hard limit of RLIMIT_CORE and at core_pattern ({File.ReadAllText("/proc/sys/kernel/core_pattern").Trim()})");
        }
    }

    private static void AssertReported(Sandbox sandbox, ProcessResult? result, string reason)
    {
        JsonElement report = sandbox.SingleReport();
        Assert.Equal(reason, report.GetProperty("reason").GetString());
        if (result is not null)
        {
            Assert.Equal(result.Pid, report.GetProperty("pid").GetInt32());
        }
    }
}
