using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using CrashHandler.Handler.Capture;
using CrashHandler.Handler.Minidump;
using CrashHandler.Tests.EndToEnd;
using CrashHandler.Tests.Tools;
using Xunit;

namespace CrashHandler.Tests.Corpus;

/// <summary>Processes of every shape: three readers take the dump, all of it.</summary>
public sealed class ShapeTests
{
    private const int Few = 5;
    private const int EndedBySegv = 128 + 11;
    private const string PtraceScope = "/proc/sys/kernel/yama/ptrace_scope";
    private const int ScopeOfNamedTracers = 1;

    private static readonly Expectation s_fault = new("SIGSEGV /SEGV_MAPERR", "SIGSEGV", Few) { Address = "0x0", Modules = ["/independent", "/libc.so.6"] };

    [Theory]
    [InlineData(1)]
    [InlineData(64)]
    [InlineData(1_000)]
    public void Threads(int count)
    {
        using Sandbox sandbox = new(Identities.Own);
        Check(CorpusDump.OfCrash(sandbox, CorpusPrograms.Independent, "null", $"{count}"), s_fault with { Threads = count });
    }

    /// <summary>More than Breakpad reads: the rest is left out, and of the ranges of memory, one for each thread and a few more, those worth least.</summary>
    [Fact]
    public void MoreThreadsThanADumpMayHave()
    {
        using Sandbox sandbox = new(Identities.Own);

        Check(
            CorpusDump.OfCrash(sandbox, CorpusPrograms.Independent, "null", "4500"),
            s_fault with { Threads = MinidumpLimits.MaxThreads, Excused = [Excuses.NoStack] });
    }

    [Fact]
    public void FiveThousandMappings()
    {
        const int mappings = 5_000;
        using Sandbox sandbox = new(Identities.Own);

        ToolResult dump = Check(CorpusDump.OfCrash(sandbox, CorpusPrograms.Independent, "null", $"{Few}", $"{mappings}"), s_fault);

        Assert.InRange(Regex.Count(dump.Output, "^MDRawMemoryInfo$", RegexOptions.Multiline), mappings, mappings + 100);
    }

    [Fact]
    public void AnExecutableThatIsDeleted()
    {
        using Sandbox sandbox = new(Identities.Own);
        string program = sandbox.PathOf("deleted-victim");
        ProgramFile.Copy(CorpusPrograms.Independent, program);

        Check(CorpusDump.OfCrash(sandbox, program, "deleted", $"{Few}"), s_fault with { Modules = ["/deleted-victim", "/libc.so.6"] });

        Assert.False(File.Exists(program));
    }

    [Fact]
    public void APidNamespace()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "a new pid namespace needs root");
        using Sandbox sandbox = new(Identities.Root);
        string address = sandbox.Handler("exec", "--database", sandbox.Database, "--", "printenv", "CRASH_HANDLER_PIPE").Output.TrimEnd();
        string[] covered = ["env", $"LD_PRELOAD={TestPrograms.Shared.Shim}", $"CRASH_HANDLER_PIPE={address}", CorpusPrograms.Independent, "null", $"{Few}"];

        ProcessResult result = sandbox.Run("unshare", ["--pid", "--fork", "--mount-proc", .. covered]);

        Assert.SkipUnless(result.Output == "dying in 1\n", $"a new pid namespace is refused: {result.Error.Trim()}");
        ToolResult dump = Check(CorpusDump.PathOf(sandbox.SingleReport()), s_fault);
        Assert.Contains("\n  process_id                   = 1\n", dump.Output, StringComparison.Ordinal);
    }

    /// <summary>Its files are nowhere else: neither its executable nor what system it runs on.</summary>
    [Fact]
    public void AMountNamespace()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "a new mount namespace needs root");
        using Sandbox sandbox = new(Identities.Root);
        string address = sandbox.Handler("exec", "--database", sandbox.Database, "--", "printenv", "CRASH_HANDLER_PIPE").Output.TrimEnd();
        string folder = sandbox.MakeFolder("inner");

        ProcessResult result = sandbox.Run("unshare", "--mount", "sh", "-c", """
            mount -t tmpfs none "$1" && cp "$2" "$1/inner-victim" && mount -t tmpfs none /etc && echo DISTRIB_ID=Inner > /etc/lsb-release || exit 0
            LD_PRELOAD=$3 CRASH_HANDLER_PIPE=$4 exec "$1/inner-victim" null "$5"
            """, "sh", folder, CorpusPrograms.Independent, TestPrograms.Shared.Shim, address, $"{Few}");

        Assert.SkipWhen(result.ExitCode == 0, $"a mount is refused: {result.Error.Trim()}");
        Assert.Equal(EndedBySegv, result.ExitCode);
        Assert.Empty(Directory.GetFiles(folder));
        ToolResult dump = Check(CorpusDump.PathOf(sandbox.SingleReport()), s_fault with { Modules = ["/inner/inner-victim", "/libc.so.6"] });
        Assert.Contains("DISTRIB_ID=Inner", dump.Output, StringComparison.Ordinal);
    }

    /// <summary>Each step down the ladder: ptrace is refused; everything is, and the process hands its memory over; it cannot do that either.</summary>
    [Theory]
    [InlineData(nameof(CaptureAccess.Running), "null")]
    [InlineData(nameof(CaptureAccess.HandedOver), "undumpable")]
    [InlineData(nameof(CaptureAccess.NoticeOnly), "blind")]
    public void AProcessThatCannotBeFrozen(string access, string kind)
    {
        Assert.SkipWhen(
            access == nameof(CaptureAccess.Running) && File.Exists(PtraceScope) && int.Parse(File.ReadAllText(PtraceScope), CultureInfo.InvariantCulture) > ScopeOfNamedTracers,
            $"{PtraceScope} closes every process's memory to its user");
        using Sandbox sandbox = new(Identities.User);
        string[] exec = [TestPrograms.Shared.Handler, "exec", "--database", sandbox.Database, "--", CorpusPrograms.Independent, kind, $"{Few}"];
        string[] refused = access == nameof(CaptureAccess.Running) ? [sandbox.CompileScript("refuse_calls.c"), "ptrace"] : ["env"];

        ProcessResult result = sandbox.Run(refused[0], [.. refused[1..], .. exec]);

        Assert.Equal(EndedBySegv, result.ExitCode);
        JsonElement report = sandbox.SingleReport();
        Assert.Equal(access, report.GetProperty("access").GetString());
        bool isBlind = access == nameof(CaptureAccess.NoticeOnly);
        Check(CorpusDump.PathOf(report), s_fault with
        {
            Modules = isBlind ? [] : s_fault.Modules,
            Excused = [Excuses.NoStack, Excuses.NoRegisters, .. isBlind ? [Excuses.NoModules, Excuses.NoMappings] : Array.Empty<string>()],
        });
    }

    [Fact]
    public void AProcessThatGoesOn() => Demand(CorpusPrograms.Independent, s_fault.Modules);

    /// <summary>Nothing can be preloaded into a static one; it is dumped nevertheless.</summary>
    [Theory]
    [InlineData("-static")]
    [InlineData("-static-pie")]
    [InlineData("-s")]
    public void AnExecutableThatIsStaticOrStripped(string option) => Demand(CorpusPrograms.Linked(option), [$"/linked{option}", .. option == "-s" ? ["/libc.so.6"] : Array.Empty<string>()]);

    private static void Demand(string program, string[] modules)
    {
        using Sandbox sandbox = new(Identities.Own);
        RunningProcess victim = sandbox.Start(program, "wait", $"{Few}");
        Assert.Equal($"dying in {victim.Pid}", victim.ReadLine());
        string dump = sandbox.PathOf("demand.dmp");

        ProcessResult result = sandbox.Handler("dump", victim.Pid.ToString(CultureInfo.InvariantCulture), "-o", dump);

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Check(dump, s_fault with { Reason = null, Signal = null, Address = null, Modules = modules });
        Assert.Equal(0, victim.Finish().ExitCode);
    }

    private static ToolResult Check(string dump, Expectation expected)
    {
        Readers.Stackwalk(dump, expected);
        Readers.Lldb(dump, expected);
        return Readers.Dump(dump, expected);
    }
}
