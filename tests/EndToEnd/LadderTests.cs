using System.Runtime.InteropServices;
using System.Text.Json;
using CrashHandler.Handler.Capture;
using CrashHandler.Handler.Capture.Linux;
using CrashHandler.Handler.Daemon;
using CrashHandler.Handler.Minidump;
using CrashHandler.Handler.Posix;
using Xunit;

namespace CrashHandler.Tests.EndToEnd;

/// <summary>
/// The steps that a capture goes down where the kernel refuses ptrace, each forced by what refuses it in earnest, as an unprivileged user: which step was
/// taken, and what the dump still holds.
/// </summary>
public sealed class LadderTests : IDisposable
{
    private const int SegmentationFault = 128 + 11;
    private const int Killed = 128 + 9;
    private const uint SIGSEGV = 11;
    private const ulong FaultAddress = 0x1230;
    private const ulong Marker = 0x5ca1ab1edeadbeef;
    private const string BuildId = "00112233445566778899aabbccddeeff01234567";
    private const string Secret = "environment-s3cret-0123456789";
    private const string PtraceScope = "/proc/sys/kernel/yama/ptrace_scope";
    private const int ThreadsOfVictim = 3;

    // ptrace_scope: who may trace.
    private const int ScopeOfEveryTracer = 0;
    private const int ScopeOfNamedTracers = 1;

    private readonly Sandbox _sandbox = new(Identities.User);
    private string? _victim;

    private string Shim => TestPrograms.Shared.Shim;

    private string Pipe => Path.Combine(_sandbox.RuntimeFolder, $"ladder{HandlerAddress.Suffix}");

    public void Dispose() => _sandbox.Dispose();

    [Fact]
    public void WhereNothingIsRefusedEveryThreadStandsStill()
    {
        SkipAbove(ScopeOfNamedTracers);
        DieUnderExec();

        AssertWhole(Report(nameof(CaptureAccess.Frozen)), frozen: true);
    }

    [Theory]
    [InlineData("ptrace", "")]
    [InlineData("ptrace,process_vm_readv", "process_vm_readv tid ")]
    public void WhereASeccompFilterRefusesPtraceTheMemoryIsReadWithoutAFreeze(string calls, string alsoRefused)
    {
        SkipAbove(ScopeOfNamedTracers);
        DieUnder([_sandbox.CompileScript("refuse_calls.c"), calls, .. Exec]);

        (MinidumpFile dump, string[] errors) = AssertWhole(Report(nameof(CaptureAccess.Running)), frozen: false);
        Assert.Contains(errors, error => error.Contains("not frozen: ptrace PTRACE_SEIZE: Operation not permitted", StringComparison.Ordinal));
        Assert.Equal(alsoRefused.Length > 0 ? 1 : 0, errors.Count(error => error.Contains("/mem", StringComparison.Ordinal) && error.Contains(alsoRefused, StringComparison.Ordinal)));
        Assert.Equal(alsoRefused.Length > 0 ? 2 : 1, dump.SoftErrors.Count);
    }

    [Fact]
    public void WhereAnotherProcessTracesItTheMemoryIsReadWithoutAFreeze()
    {
        SkipAbove(ScopeOfEveryTracer);
        RunningProcess handler = StartHandler();
        RunningProcess victim = StartVictim();
        RunningProcess tracer = _sandbox.Start(_sandbox.CompileScript("trace_others.c"), $"{victim.Pid}");
        tracer.ReadUntil("tracing");

        // What its tracer does not reap keeps it from ending, with us and without.
        victim.WriteLine("die");
        _sandbox.Until(() => _sandbox.Reports().Count == 1 ? "one" : null, () => "the report");
        tracer.WriteLine("end");
        Assert.Equal(SegmentationFault, victim.Finish().ExitCode);

        (_, string[] errors) = AssertWhole(Report(nameof(CaptureAccess.Running)), frozen: false);
        Assert.Contains(errors, error => error.Contains("not frozen: ptrace PTRACE_SEIZE: Operation not permitted", StringComparison.Ordinal));
        Assert.False(handler.HasExited);
    }

    [Fact]
    public void AProcessThatIsNotDumpableHandsItsMemoryOver()
    {
        DieUnderExec("undumpable");

        (_, string[] errors) = AssertWhole(Report(nameof(CaptureAccess.HandedOver)), frozen: false);
        AssertHandedOver(errors);
    }

    [Fact]
    public void ItHandsItsMemoryOverToASingleShotHandlerToo()
    {
        RunningProcess handler = StartHandler();
        RunningProcess victim = StartVictim("undumpable");
        handler.Kill();
        handler.Finish();

        Die(victim);

        (_, string[] errors) = AssertWhole(Report(nameof(CaptureAccess.HandedOver)), frozen: false);
        AssertHandedOver(errors);
        Assert.Contains("no other handler answered it", Log(), StringComparison.Ordinal);
    }

    [Fact]
    public void AHandlerThatIsKilledWhileItAsksCostsNothing()
    {
        RunningProcess handler = StartHandler("--fail-at", $"kill:{nameof(CaptureStep.HandOver)}");

        Die(StartVictim("undumpable"));

        Assert.Equal(Killed, handler.Finish().ExitCode);
        (_, string[] errors) = AssertWhole(Report(nameof(CaptureAccess.HandedOver)), frozen: false);
        AssertHandedOver(errors);
    }

    [Fact]
    public void WhereItMayOpenNothingTheNoticeIsReported()
    {
        DieUnderExec("undumpable", "blind");

        JsonElement report = Report(nameof(CaptureAccess.NoticeOnly));
        MinidumpFile dump = Dump(report);
        AssertCrash(dump);
        Assert.Equal(ThreadsOfVictim, dump.Threads.Count);
        Assert.Equal(0ul, dump.CrashedThread!.Stack.Size);
        string[] errors = SoftErrors(report);
        Assert.All(["mem", "maps", "auxv"], name => Assert.Contains($"HandOver process: open its own {name}: Operation not permitted (errno 1)", errors));
        Assert.Contains(errors, error => error.StartsWith("Memory process: no memory could be read: process_vm_readv", StringComparison.Ordinal));
    }

    /// <summary>The handler, which is outside, has every right that it needs: the namespace's owner is its own user.</summary>
    [Fact]
    public void AProcessInAUserNamespaceOfItsOwnIsCapturedWhole()
    {
        SkipAbove(ScopeOfNamedTracers);
        ProcessResult allowed = _sandbox.Run("unshare", "-U", "-r", "true");
        if (allowed.ExitCode != 0)
        {
            Assert.Skip($"this machine lets no unprivileged user make a user namespace: {allowed.Error.Trim()}");
        }

        StartHandler();
        RunningProcess victim = Start(["unshare", "-U", "-r", "env", $"LD_PRELOAD={Shim}", $"CRASH_HANDLER_PIPE={Pipe}", $"PASSWORD={Secret}", Victim()]);

        Die(victim);

        AssertWhole(Report(nameof(CaptureAccess.Frozen)), frozen: true);
    }

    /// <summary>The other way round: whatever a handler may do in its namespace, it has no rights over what is outside and not dumpable.</summary>
    [Fact]
    public void AHandlerInAUserNamespaceIsHandedTheMemory()
    {
        ProcessResult allowed = _sandbox.Run("unshare", "-U", "-r", "true");
        if (allowed.ExitCode != 0)
        {
            Assert.Skip($"this machine lets no unprivileged user make a user namespace: {allowed.Error.Trim()}");
        }

        Await(_sandbox.Start("unshare", ["-U", "-r", .. HandlerCommand()]));
        RunningProcess victim = StartVictim("undumpable");

        Die(victim);

        AssertWhole(Report(nameof(CaptureAccess.HandedOver)), frozen: false);
    }

    [Fact]
    public void WhatPtraceScopeAllowsIsTaken()
    {
        if (!File.Exists(PtraceScope))
        {
            Assert.Skip($"no {PtraceScope}: this kernel has no Yama, or it is off");
        }

        // Above, nothing is left but the process itself.
        bool isFrozen = Scope <= ScopeOfNamedTracers;

        DieUnderExec();

        AssertWhole(Report(isFrozen ? nameof(CaptureAccess.Frozen) : nameof(CaptureAccess.HandedOver)), isFrozen);
    }

    /// <summary>The handler is stopped at a step, the process killed, and the handler goes on: what it had, and what the notice says, is the report.</summary>
    [Theory]
    [InlineData(nameof(CaptureStep.Identity), false, nameof(CaptureAccess.NoticeOnly))]
    [InlineData(nameof(CaptureStep.Seize), false, nameof(CaptureAccess.NoticeOnly))]
    [InlineData(nameof(CaptureStep.Maps), true, nameof(CaptureAccess.NoticeOnly))]
    [InlineData(nameof(CaptureStep.Stack), true, nameof(CaptureAccess.Frozen))]
    [InlineData(nameof(CaptureStep.ProcFile), true, nameof(CaptureAccess.Frozen))]
    public void AProcessKilledInTheMiddleIsReportedWithWhatWasGathered(string step, bool hasRegisters, string access)
    {
        SkipAbove(ScopeOfNamedTracers);
        RunningProcess handler = StartHandler("--fail-at", $"stop:{step}");
        RunningProcess victim = StartVictim();
        victim.WriteLine("die");
        _sandbox.Until(() => StateOf(handler.Pid) == 'T' ? "stopped" : null, () => "the handler to stop itself");
        victim.Kill();
        _sandbox.Until(() => IsDead(victim.Pid) ? "dead" : null, () => "every thread to die");
        Assert.Equal(0, _sandbox.Run("kill", "-CONT", $"{handler.Pid}").ExitCode);

        _sandbox.Until(() => _sandbox.Reports().Count == 1 ? "one" : null, () => "the report");
        JsonElement report = Report(access);
        MinidumpFile dump = Dump(report);
        AssertCrash(dump);
        Assert.NotEmpty(SoftErrors(report));
        Assert.Equal(hasRegisters ? ThreadsOfVictim : 1, dump.Threads.Count(thread => thread.Context is not null));
        Assert.Equal(step is nameof(CaptureStep.Stack) or nameof(CaptureStep.ProcFile), dump.Modules.Any(module => module.Path == Victim()));
        Assert.Equal(step == nameof(CaptureStep.ProcFile) ? ThreadsOfVictim : 0, dump.Threads.Count(thread => thread.Stack.Size > 0));
        Assert.False(handler.HasExited);
        Assert.Equal(1, _sandbox.HandlerStatus().GetProperty("captured").GetInt32());
    }

    private static int Scope => File.Exists(PtraceScope) ? int.Parse(File.ReadAllText(PtraceScope)) : ScopeOfEveryTracer;

    private string[] Exec => [TestPrograms.Shared.Handler, "exec", "--database", _sandbox.Database, "--"];

    private string Victim() => _victim ??= _sandbox.CompileScript("closed_and_fault.c", "-pthread", $"-Wl,--build-id=0x{BuildId}");

    private void DieUnderExec(params string[] modes) => DieUnder(Exec, modes);

    private void DieUnder(string[] command, params string[] modes) => Die(Start(["env", $"PASSWORD={Secret}", .. command, Victim(), .. modes]));

    private RunningProcess StartVictim(params string[] modes)
        => Start(["env", $"LD_PRELOAD={Shim}", $"CRASH_HANDLER_PIPE={Pipe}", $"PASSWORD={Secret}", Victim(), .. modes]);

    private RunningProcess Start(string[] command)
    {
        RunningProcess victim = _sandbox.Start(command[0], command[1..]);
        victim.ReadUntil("ready");
        return victim;
    }

    private string[] HandlerCommand(params string[] options)
        => [TestPrograms.Shared.Handler, "run", "--database", _sandbox.Database, "--pipe", Pipe, "--persistent", .. options];

    private RunningProcess StartHandler(params string[] options)
    {
        string[] command = HandlerCommand(options);
        return Await(_sandbox.Start(command[0], command[1..]));
    }

    private RunningProcess Await(RunningProcess handler)
    {
        _sandbox.Until(() => File.Exists(Pipe) ? Pipe : null, () => "the handler's socket");
        return handler;
    }

    private static void Die(RunningProcess victim)
    {
        victim.WriteLine("die");
        Assert.Equal(SegmentationFault, victim.Finish().ExitCode);
    }

    private JsonElement Report(string access)
    {
        JsonElement report = _sandbox.SingleReport();
        foreach (string error in SoftErrors(report))
        {
            TestContext.Current.TestOutputHelper?.WriteLine(error);
        }

        Assert.Equal(access, report.GetProperty("access").GetString());
        Assert.Equal("SIGSEGV /SEGV_MAPERR", report.GetProperty("reason").GetString());
        return report;
    }

    private static MinidumpFile Dump(JsonElement report) => MinidumpFile.Read(report.GetProperty("dump").GetString()!);

    private static string[] SoftErrors(JsonElement report) => [.. report.GetProperty("softErrors").EnumerateArray().Select(error => error.GetString()!)];

    private static void SkipAbove(int scope)
    {
        if (Scope > scope)
        {
            Assert.Skip($"{PtraceScope} is {Scope}: the kernel refuses here what this test takes for allowed");
        }
    }

    private static void AssertCrash(MinidumpFile dump)
    {
        Assert.Equal((SIGSEGV, FaultAddress), (dump.Exception!.Code, dump.Exception.Address));
        Assert.NotEqual(0ul, dump.Exception.Context!.Value.Rip);
        Assert.Equal(dump.Exception.ThreadId, dump.Threads[0].Id);
    }

    /// <summary>The crash, the crashed thread's stack, and the modules: no step but the last costs any of them.</summary>
    private (MinidumpFile Dump, string[] Errors) AssertWhole(JsonElement report, bool frozen)
    {
        MinidumpFile dump = Dump(report);
        AssertCrash(dump);
        byte[] bytes = File.ReadAllBytes(report.GetProperty("dump").GetString()!);
        DumpMemoryRange stack = dump.CrashedThread!.Stack;
        Assert.Contains(Marker, MemoryMarshal.Cast<byte, ulong>(bytes.AsSpan((int)stack.Offset, (int)stack.Size)).ToArray());
        Assert.Equal(-1, bytes.AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(Secret)));
        Assert.Equal((Victim(), BuildId), (dump.Modules[0].Path, dump.Modules[0].CodeId));
        Assert.True(dump.Modules[0].Contains(dump.Exception!.Context!.Value.Rip), "the crash is not in the executable");
        Assert.Contains(dump.Modules, module => module.FileName.StartsWith("libc.so", StringComparison.Ordinal) && module.CodeId.Length > 0);
        Assert.Equal(Victim(), report.GetProperty("executable").GetString());
        Assert.Equal(ThreadsOfVictim, dump.Threads.Count);
        Assert.Equal(frozen ? ThreadsOfVictim : 1, dump.Threads.Count(thread => thread.Context is not null));
        string[] errors = SoftErrors(report);
        Assert.Equal(frozen, errors.Length == 0);
        Assert.Equal(errors.Length, dump.SoftErrors.Count);
        return (dump, errors);
    }

    private static void AssertHandedOver(string[] errors)
    {
        Assert.Contains(errors, error => error.Contains("not frozen: ptrace PTRACE_SEIZE", StringComparison.Ordinal));
        string memory = Assert.Single(errors, error => error.StartsWith("Memory process: read through what the process handed over: ", StringComparison.Ordinal));
        Assert.Contains("process_vm_readv", memory, StringComparison.Ordinal);
        Assert.Contains("/mem: Permission denied", memory, StringComparison.Ordinal);
    }

    private static char StateOf(int pid) => ProcStat.Read($"/proc/{pid}/stat").State;

    // Its threads stay until the stopped handler, which traces them, reaps them.
    private static bool IsDead(int pid)
    {
        try
        {
            return ProcFs.ListThreads(pid).All(tid => ProcStat.Read($"/proc/{pid}/task/{tid}/stat").IsDead);
        }
        catch (Exception gone) when (gone is IOException or SyscallException)
        {
            return true;
        }
    }

    private string Log() => File.ReadAllText(Path.Combine(_sandbox.Database, "handler.log"));
}
