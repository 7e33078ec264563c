using System.Text.Json;
using CrashHandler.Handler.Minidump;
using CrashHandler.Tests.Tools;
using Xunit;

namespace CrashHandler.Tests.Windows;

/// <summary>Deaths of a Windows program, under Wine, each an uploaded report; what the runtime turns into an exception that is caught is none. By build/test-windows only.</summary>
public sealed class WindowsDeathTests
{
    private const uint AccessViolation = 0xC0000005, Breakpoint = 0x80000003, IllegalInstruction = 0xC000001D, DotNetException = 0xE0434352, FatalAppExit = 0x40000015;

    private static readonly (string?, string?)[] s_divisions = [("EXCEPTION_INT_DIVIDE_BY_ZERO", "windows_victim_native.dll"), ("EXCEPTION_ACCESS_VIOLATION_READ", "ntdll.dll")];

    /// <summary>What is it that the program is told to do, how the dump has it, and how Breakpad's processor names it.</summary>
    [Theory(Explicit = true)]
    [InlineData("unhandled", DotNetException, "0xe0434352")]
    [InlineData("fault", AccessViolation, "EXCEPTION_ACCESS_VIOLATION_WRITE")]
    [InlineData("break", Breakpoint, "EXCEPTION_BREAKPOINT")]
    [InlineData("crash", AccessViolation, "EXCEPTION_ACCESS_VIOLATION_WRITE")]
    [InlineData("illegal", IllegalInstruction, "EXCEPTION_ILLEGAL_INSTRUCTION")]
    [InlineData("abort", FatalAppExit, "0x40000015")]
    [InlineData("abort-msvcrt", FatalAppExit, "0x40000015")]
    public void OfItsOwnThreadIsReportedAndSent(string kind, uint code, string reason)
    {
        using WineSandbox sandbox = new();
        EndToEnd.Collector collector = sandbox.StartCollector();

        WindowsVictim victim = sandbox.Die(kind, collector);

        JsonElement report = sandbox.Uploaded(collector, out Dictionary<string, string> fields, out string dump);
        AssertFields(fields, kind, "main");
        Assert.Equal((victim.ProcessId, victim.ThreadId), (report.GetProperty("pid").GetInt32(), report.GetProperty("threadId").GetInt32()));
        AssertDump(dump, code, victim.ProcessId, victim.ThreadId, reason);
        Assert.Equal(kind == "unhandled" ? "System.InvalidOperationException" : null, report.GetProperty("exception") is { ValueKind: JsonValueKind.Object } exception ? exception.GetProperty("type").GetString() : null);
    }

    /// <summary>A thread that the runtime does not know; one of eight at once; one of the runtime's that is not the first.</summary>
    [Theory(Explicit = true)]
    [InlineData("fault-thread", AccessViolation, "EXCEPTION_ACCESS_VIOLATION_WRITE")]
    [InlineData("fault-threads", AccessViolation, "EXCEPTION_ACCESS_VIOLATION_WRITE")]
    [InlineData("break-thread", Breakpoint, "EXCEPTION_BREAKPOINT")]
    [InlineData("abort-thread", FatalAppExit, "0x40000015")]
    [InlineData("unhandled-thread", DotNetException, "0xe0434352")]
    public void OfAnotherThreadIsReportedAndSent(string kind, uint code, string reason)
    {
        using WineSandbox sandbox = new();
        EndToEnd.Collector collector = sandbox.StartCollector();

        WindowsVictim victim = sandbox.Die(kind, collector);

        JsonElement report = sandbox.Uploaded(collector, out Dictionary<string, string> fields, out string dump);
        AssertFields(fields, kind, "main");
        int thread = report.GetProperty("threadId").GetInt32();
        Assert.NotEqual(victim.ThreadId, thread);
        AssertDump(dump, code, victim.ProcessId, thread, reason);
        if (code == AccessViolation)
        {
            AssertInVictim(dump);
        }
    }

    /// <summary>A fault in managed code that is no null reference, and the end without a dialog: the exit code is the exception's.</summary>
    [Fact(Explicit = true)]
    public void InManagedCodeIsReportedAndEndsByItsCode()
    {
        using WineSandbox sandbox = new();

        WindowsVictim main = sandbox.Die("return", null, "--child", "fault-managed", "--ignore");

        Assert.Contains("ended with c0000005", main.Output, StringComparison.Ordinal);
        Assert.Equal("EXCEPTION_ACCESS_VIOLATION_WRITE", Assert.Single(sandbox.Reports()).GetProperty("reason").GetString()!.Split(' ')[0]);
    }

    /// <summary>The child attaches by the pipe's name in its environment, and dies; its main process goes on.</summary>
    [Fact(Explicit = true)]
    public void OfAChildIsReportedAndItsMainProcessGoesOn()
    {
        using WineSandbox sandbox = new();
        EndToEnd.Collector collector = sandbox.StartCollector();

        WindowsVictim main = sandbox.Die("return", collector, "--child", "fault");

        // As without us: STATUS_FAIL_FAST_EXCEPTION is what Wine ends a process with whose runtime gives up.
        Assert.Contains("ended with c0000602", main.Output, StringComparison.Ordinal);
        Assert.Contains("goes on", main.Output, StringComparison.Ordinal);
        Assert.Equal(0, main.ExitByte);
        JsonElement report = sandbox.Uploaded(collector, out Dictionary<string, string> fields, out string dump);
        AssertFields(fields, "fault", "child");
        (int child, int thread) = main.Child!.Value;
        Assert.Equal((child, thread), (report.GetProperty("pid").GetInt32(), report.GetProperty("threadId").GetInt32()));
        AssertDump(dump, AccessViolation, child, thread, "EXCEPTION_ACCESS_VIOLATION_WRITE");
        AssertInVictim(dump);
    }

    /// <summary>A thousand faults that become caught exceptions, faults that native code mends itself, an orderly end: nothing.</summary>
    [Theory(Explicit = true)]
    [InlineData("caught", 0)]
    [InlineData("own-faults", 0)]
    [InlineData("exit", 3)]
    [InlineData("exit-thread", 3)]
    public void WhatIsNoDeathIsNotReported(string kind, int exitByte)
    {
        using WineSandbox sandbox = new();

        WindowsVictim victim = sandbox.Die(kind);

        Assert.Equal(exitByte, victim.ExitByte);
        Assert.Empty(sandbox.Reports());
    }

    [Theory(Explicit = true)]
    [InlineData("failfast")]
    [InlineData("failfast-after-caught")]
    public void FailFastIsReported(string kind)
    {
        using WineSandbox sandbox = new();

        WindowsVictim victim = sandbox.Die(kind);

        JsonElement report = Assert.Single(sandbox.Reports());
        Assert.Equal(victim.ProcessId, report.GetProperty("pid").GetInt32());
        // COR_E_FAILFAST.
        Assert.StartsWith("0x80131623", report.GetProperty("reason").GetString(), StringComparison.Ordinal);
    }

    /// <summary>Wine's own code may die while it looks for who handles it: then that is what the report says, and of that place.</summary>
    [Fact(Explicit = true)]
    public void ANativeDivisionByZeroIsReportedAsWhatItBecomes()
    {
        using WineSandbox sandbox = new();

        WindowsVictim victim = sandbox.Die("divide");

        JsonElement report = Assert.Single(sandbox.Reports());
        Assert.Equal((victim.ProcessId, victim.ThreadId), (report.GetProperty("pid").GetInt32(), report.GetProperty("threadId").GetInt32()));
        MinidumpFile dump = MinidumpFile.Read(Path.Combine(sandbox.Database, "completed", $"{report.GetProperty("id").GetString()}.dmp"));
        string? module = dump.ModuleAt(dump.ContextOf(dump.CrashedThread!)!.Value.Rip)?.FileName;
        Assert.Contains((report.GetProperty("reason").GetString(), module), s_divisions);
    }

    private static void AssertFields(Dictionary<string, string> fields, string kind, string processType)
    {
        Assert.Equal(
            (".NET", "win32", processType, "Zombies", "Umbrella Corporation", kind, "later"),
            (fields["prod"], fields["platform"], fields["process_type"], fields["_productName"], fields["_companyName"], fields["kind"], fields["added"]));
        Assert.True(Guid.TryParse(fields["guid"], out Guid guid) && guid != Guid.Empty);
        Assert.True(Version.TryParse(fields["ver"], out _), fields["ver"]);
    }

    private static void AssertInVictim(string dump)
    {
        MinidumpFile read = MinidumpFile.Read(dump);
        Assert.Equal("windows_victim_native.dll", read.ModuleAt(read.Exception!.Context!.Value.Rip)?.FileName);
    }

    // Our own reader, and Breakpad's processor.
    private static void AssertDump(string dump, uint code, int process, int thread, string reason)
    {
        MinidumpFile read = MinidumpFile.Read(dump);
        Assert.Equal((code, (uint)thread), (read.Exception!.Code, read.Exception.ThreadId));
        Assert.InRange(read.Exception.Context!.Value.Rsp, read.CrashedThread!.Stack.Address, read.CrashedThread.Stack.Address + read.CrashedThread.Stack.Size);
        Assert.Equal((uint)process, read.ProcessId);
        Assert.Equal(("Zombies", "later"), (read.Crashpad!.Annotations["_productName"], read.Crashpad.Annotations["added"]));
        ToolResult walked = BreakpadTools.Stackwalk(dump);
        Assert.Equal(0, walked.ExitCode);
        Assert.Contains("Operating system: Windows NT", walked.Output, StringComparison.Ordinal);
        Assert.Contains($"Crash reason:  {reason}", walked.Output, StringComparison.Ordinal);
        Assert.Contains("(crashed)", walked.Output, StringComparison.Ordinal);
    }
}
