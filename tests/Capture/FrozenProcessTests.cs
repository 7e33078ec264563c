using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using CrashHandler.Handler.Capture;
using CrashHandler.Handler.Capture.Linux;
using CrashHandler.Handler.Minidump;
using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Stacks;
using Xunit;

namespace CrashHandler.Tests.Capture;

[Collection(nameof(VictimCollection))]
public sealed class FrozenProcessTests(VictimProgram program)
{
    private const int SIGSEGV = 11, SIGKILL = 9, SIGCONT = 18, SIGSTOP = 19, SIGRTMIN = 34;
    private const int SEGV_MAPERR = 1;
    private const int Xmm15Offset = 160 + (15 * 16);

    [Fact]
    public void A_crash_is_captured_whole()
    {
        using VictimProcess victim = VictimProcess.Start(program, threads: 6);

        ProcessSnapshot snapshot = CaptureThread.Capture(victim);

        Assert.Empty(snapshot.SoftErrors);
        Assert.Equal(victim.Pid, snapshot.ProcessId);
        Assert.Equal(program.Path, snapshot.ExecutablePath);

        Assert.Equal(victim.Pid, snapshot.Threads[0].ThreadId);
        Assert.Equal("victim", snapshot.Threads[0].Name);
        Assert.Equal(victim.Threads.Select(thread => (thread.Tid, $"worker-{thread.Index}")).Order(),
            snapshot.Threads.Skip(1).Select(thread => (thread.ThreadId, thread.Name)).Order());
        foreach (ThreadSnapshot thread in snapshot.Threads)
        {
            Assert.InRange(thread.Registers!.Rsp, thread.Stack!.Address, thread.Stack.End - 1);
            Assert.NotEqual(0UL, thread.Registers.Rip);
            Assert.Equal(512, thread.Registers.FxSave!.Length);
        }

        foreach (VictimThread thread in victim.Threads)
        {
            ThreadSnapshot captured = snapshot.Threads.Single(candidate => candidate.ThreadId == thread.Tid);
            Assert.Equal(thread.FsBase, captured.Registers!.FsBase);
            Assert.Equal(VictimProcess.Marker + (ulong)thread.Index, WordAt(captured.Stack!, thread.MarkerAddress));
        }

        ExceptionSnapshot exception = snapshot.Exception!;
        Assert.Equal((SIGSEGV, SEGV_MAPERR, 0x10UL, victim.Pid), (exception.Signal, exception.Code, exception.Address, exception.ThreadId));
        Assert.InRange(exception.Registers.Rip, victim.FaultStart, victim.FaultEnd - 1);
        Assert.Equal(VictimProcess.CrashMarker, BinaryPrimitives.ReadUInt64LittleEndian(exception.Registers.FxSave.AsSpan(Xmm15Offset)));
        Assert.Contains(VictimProcess.CrashMarker, MemoryMarshal.Cast<byte, ulong>(AlignedFrom(snapshot.Threads[0])).ToArray());

        MemorySnapshot window = snapshot.Memory[0];
        Assert.Equal(exception.Registers.Rip - 128, window.Address);
        Assert.Equal(256, window.Bytes.Length);
        Assert.All(snapshot.Modules, module => Assert.Contains(snapshot.Memory, memory => memory.Address == module.Address && memory.Bytes.Span.StartsWith("\u007fELF"u8)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_sanitized_dump_has_no_secrets_and_its_call_chain(bool isSanitized)
    {
        using VictimProcess victim = VictimProcess.Start(program, threads: 3);

        ProcessSnapshot snapshot = CaptureThread.Capture(victim.Request with { SanitizeStacks = isSanitized });
        byte[] dump = Dump(snapshot);

        Assert.Equal(!isSanitized, Holds(dump, VictimProcess.StackSecret));
        Assert.Equal(!isSanitized, Holds(dump, VictimProcess.HeapSecret));
        // Never: neither above the first thread's stack nor elsewhere.
        Assert.False(Holds(dump, VictimProcess.EnvironmentSecret));
        Assert.Equal(isSanitized, snapshot.SoftErrors.Any(error => error.Step == nameof(CaptureStep.Sanitize)));
        // The chain of frame pointers is what a reader walks.
        Amd64Registers registers = snapshot.Exception!.Registers;
        MemorySnapshot stack = snapshot.Threads[0].Stack!;
        Assert.InRange(registers.Rip, victim.FaultStart, victim.FaultEnd - 1);
        Assert.Contains(MemoryMarshal.Cast<byte, ulong>(AlignedFrom(snapshot.Threads[0])).ToArray(), word => snapshot.Modules[0].Address < word && word < snapshot.Modules[0].Address + snapshot.Modules[0].Size);
        Assert.InRange(registers.Rsp, stack.Address, stack.End);
    }

    /// <summary>The bytes around the crashed instruction are code, unless that is where it went wrong.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_jump_into_data_puts_none_of_it_into_a_sanitized_dump(bool isSanitized)
    {
        using VictimProcess victim = VictimProcess.Start(program, threads: 1, "datacall");

        ProcessSnapshot snapshot = CaptureThread.Capture(victim.Request with { SanitizeStacks = isSanitized });

        Assert.Equal(!isSanitized, Holds(Dump(snapshot), VictimProcess.DataSecret));
        ulong instruction = snapshot.Exception!.Registers.Rip;
        Assert.Equal(!isSanitized, snapshot.Memory.Any(memory => memory.Address <= instruction && instruction < memory.End));
        Assert.Equal(isSanitized, snapshot.SoftErrors.Any(error => error.Step == nameof(CaptureStep.InstructionWindow)));
    }

    [Fact]
    public void What_cannot_be_sanitized_is_left_out()
    {
        using VictimProcess victim = VictimProcess.Start(program, threads: 2);

        ProcessSnapshot snapshot = CaptureThread.Capture(victim.Request with { SanitizeStacks = true }, CaptureFailSpots.Sanitize);

        Assert.Equal(3, snapshot.Threads.Count);
        Assert.All(snapshot.Threads, thread => Assert.Null(thread.Stack));
        Assert.All(snapshot.Threads, thread => Assert.Equal(new Amd64Registers { Rip = thread.Registers!.Rip, Rsp = thread.Registers.Rsp }, thread.Registers));
        Assert.InRange(snapshot.Exception!.Registers.Rip, victim.FaultStart, victim.FaultEnd - 1);
        Assert.Equal(1 + 3, snapshot.SoftErrors.Count(error => error.Step == nameof(CaptureStep.Sanitize)));
        byte[] dump = Dump(snapshot);
        Assert.All([VictimProcess.StackSecret, VictimProcess.HeapSecret, VictimProcess.EnvironmentSecret], secret => Assert.False(Holds(dump, secret)));
    }

    /// <summary>Nothing but the notice is left, and what the report says of it is as true as of any other.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_notice_of_a_process_that_is_gone_is_sanitized_too(bool isSanitized)
    {
        using VictimProcess victim = VictimProcess.Start(program, threads: 1);

        ProcessSnapshot snapshot = NoticeReader.ReadSnapshot(victim.Request with { SanitizeStacks = isSanitized }, new CaptureException(CaptureStep.Identity, victim.Pid, "it is gone"));

        Assert.Equal(isSanitized ? [nameof(CaptureStep.Identity), nameof(CaptureStep.Sanitize)] : [nameof(CaptureStep.Identity)], snapshot.SoftErrors.Select(error => error.Step));
        Assert.Equal(isSanitized ? 0 : VictimProcess.CrashMarker, BinaryPrimitives.ReadUInt64LittleEndian(snapshot.Exception!.Registers.FxSave.AsSpan(Xmm15Offset)));
        Assert.InRange(snapshot.Exception.Registers.Rip, victim.FaultStart, victim.FaultEnd - 1);
    }

    [Fact]
    public void Modules_have_their_build_ids_and_the_main_one_comes_first()
    {
        using VictimProcess victim = VictimProcess.Start(program, threads: 1);

        ProcessSnapshot snapshot = CaptureThread.Capture(victim);

        ModuleSnapshot main = snapshot.Modules[0];
        Assert.Equal(program.Path, main.Path);
        Assert.Equal(VictimProgram.BuildId, Convert.ToHexStringLower(main.BuildId));
        Assert.InRange(snapshot.Exception!.Registers.Rip, main.Address, main.Address + main.Size - 1);
        Assert.Contains(snapshot.Modules, module => module.Path == "linux-gate.so" && module.BuildId.Length > 0);
        ModuleSnapshot libc = snapshot.Modules.Single(module => Path.GetFileName(module.Path) == "libc.so.6");
        Assert.Equal(BuildIdByReadElf(libc.Path), Convert.ToHexStringLower(libc.BuildId));
        AssertApart(snapshot.Modules.Select(module => (module.Address, module.Address + module.Size)));

        // Every executable mapping of a file lies in a module.
        MemoryMap map = MemoryMap.Parse(snapshot.ProcFiles[ProcFile.Maps]);
        foreach (MemoryMapping mapping in map.Mappings.Where(mapping => mapping.Executable && mapping.Path.StartsWith('/')))
        {
            Assert.Contains(snapshot.Modules, module => module.Address <= mapping.Start && mapping.End <= module.Address + module.Size);
        }
    }

    [Fact]
    public void Files_times_and_machine_are_those_of_the_process()
    {
        DateTimeOffset before = DateTimeOffset.UtcNow;
        using VictimProcess victim = VictimProcess.Start(program, threads: 1);

        ProcessSnapshot snapshot = CaptureThread.Capture(victim);

        Assert.InRange(snapshot.Time, before, DateTimeOffset.UtcNow);
        TimeSpan tick = TimeSpan.FromMilliseconds(20);
        Assert.InRange(snapshot.StartTime, before - tick, snapshot.Time + tick);
        Assert.Equal(Enum.GetValues<ProcFile>().Where(file => file != ProcFile.Environment).Order(), snapshot.ProcFiles.Keys.Order());
        Assert.All(snapshot.ProcFiles.Values, bytes => Assert.NotEmpty(bytes));
        Assert.Equal($"{program.Path}\01\0segv\0", Encoding.UTF8.GetString(snapshot.ProcFiles[ProcFile.CommandLine]));
        Assert.Contains($"Pid:\t{victim.Pid}\n", Encoding.UTF8.GetString(snapshot.ProcFiles[ProcFile.Status]), StringComparison.Ordinal);
        Assert.Equal(File.ReadAllBytes($"/proc/{victim.Pid}/auxv"), snapshot.ProcFiles[ProcFile.AuxiliaryVector]);
        Assert.Equal(File.ReadAllText("/proc/sys/kernel/osrelease").Trim(), snapshot.System.Release);
        Assert.Equal(("Linux", "x86_64"), (snapshot.System.SystemName, snapshot.System.Machine));
        Assert.Equal(File.ReadLines("/proc/cpuinfo").Count(line => line.StartsWith("processor", StringComparison.Ordinal)), snapshot.System.ProcessorCount);
        Assert.Contains(snapshot.System.CpuVendor, File.ReadAllText("/proc/cpuinfo"), StringComparison.Ordinal);
        Assert.Equal(12, snapshot.System.CpuVendor.Length);
    }

    [Fact]
    public void Descriptors_and_mappings_are_those_of_the_process_and_the_environment_only_where_asked_for()
    {
        using VictimProcess victim = VictimProcess.Start(program, threads: 1);

        ProcessSnapshot snapshot = CaptureThread.Capture(victim);

        Assert.Equal(Directory.EnumerateFileSystemEntries($"/proc/{victim.Pid}/fd").Select(path => int.Parse(Path.GetFileName(path))).Order(),
            snapshot.Descriptors.Select(descriptor => descriptor.Number).Order());
        Assert.Equal("Pipe", snapshot.Descriptors.Single(descriptor => descriptor.Number == 0).Kind);
        Assert.StartsWith("pipe:[", snapshot.Descriptors.Single(descriptor => descriptor.Number == 0).Target, StringComparison.Ordinal);
        Assert.Equal(MemoryMap.Parse(snapshot.ProcFiles[ProcFile.Maps]).Mappings.Select(mapping => mapping.Start), snapshot.Mappings.Select(mapping => mapping.Address));
        Assert.Contains(snapshot.Mappings, mapping => mapping is { Readable: true, Writable: true, Executable: false, Shared: false });
        Assert.StartsWith("Limit ", Encoding.UTF8.GetString(snapshot.ProcFiles[ProcFile.Limits]), StringComparison.Ordinal);
        Assert.False(snapshot.ProcFiles.ContainsKey(ProcFile.Environment));

        using FrozenProcess frozen = FrozenProcess.Freeze(victim.Request with { IncludeEnvironment = true });
        Assert.Equal(File.ReadAllBytes($"/proc/{victim.Pid}/environ"), frozen.TakeSnapshot().ProcFiles[ProcFile.Environment]);
    }

    [Fact]
    public void Threads_stand_still_while_frozen_and_run_again_afterwards()
    {
        using VictimProcess victim = VictimProcess.Start(program, threads: 8);

        CaptureThread.Capture(victim, whileFrozen: frozen =>
        {
            Assert.True(frozen.IsFrozen);
            Assert.All(victim.Threads, thread => Assert.Equal('t', victim.StateOf(thread.Tid)));
            Assert.NotEqual('t', victim.StateOf(victim.Pid));
            uint[] first = victim.AskCounters();
            Assert.Equal(first, victim.AskCounters());
        });

        Assert.All(victim.Threads, thread => Assert.NotEqual('t', victim.StateOf(thread.Tid)));
        victim.AssertEveryThreadRuns();
    }

    [Fact]
    public void Signals_met_on_the_way_are_given_back()
    {
        const int rounds = 40;
        const int signalsPerRound = 50;
        using VictimProcess victim = VictimProcess.Start(program, threads: 4);
        int sent = 0;

        for (int round = 0; round < rounds; round++)
        {
            using Barrier start = new(2);
            Thread sender = new(() =>
            {
                start.SignalAndWait();
                for (int i = 0; i < signalsPerRound; i++)
                {
                    if (Libc.kill(victim.Pid, SIGRTMIN) == 0)
                    {
                        sent++;
                    }
                }
            });
            sender.Start();
            CaptureRequest request = victim.Request;
            CaptureThread.Run(() =>
            {
                start.SignalAndWait();
                using FrozenProcess frozen = FrozenProcess.Freeze(request);
                return frozen.IsFrozen;
            });
            sender.Join();
        }

        Stopwatch clock = Stopwatch.StartNew();
        int received;
        while ((received = victim.AskReceived()) < sent && clock.Elapsed < TimeSpan.FromSeconds(10))
        {
        }

        Assert.Equal(rounds * signalsPerRound, sent);
        Assert.Equal(sent, received);
        victim.AssertEveryThreadRuns();
    }

    [Fact]
    public void Another_start_time_means_another_process()
    {
        using VictimProcess victim = VictimProcess.Start(program, threads: 2);

        CaptureException error = Assert.Throws<CaptureException>(() =>
            CaptureThread.Capture(victim.Request with { StartTime = victim.Request.StartTime + 1 }));

        Assert.Equal((CaptureStep.Identity, victim.Pid), (error.Step, error.ProcessId));
        victim.AssertEveryThreadRuns();
    }

    [Fact]
    public void A_process_that_is_gone_is_said_so()
    {
        CaptureRequest request;
        using (VictimProcess victim = VictimProcess.Start(program, threads: 1))
        {
            request = victim.Request;
        }

        CaptureException error = Assert.Throws<CaptureException>(() => CaptureThread.Capture(request));

        Assert.Equal(CaptureStep.Identity, error.Step);
        Assert.IsType<SyscallException>(error.InnerException);
    }

    [Fact]
    public void A_process_killed_in_the_middle_hangs_nothing()
    {
        using VictimProcess victim = VictimProcess.Start(program, threads: 16);
        Stopwatch clock = Stopwatch.StartNew();

        ProcessSnapshot snapshot = CaptureThread.Capture(victim, whileFrozen: _ =>
        {
            Assert.Equal(0, Libc.kill(victim.Pid, SIGKILL));
            WaitForState(victim, victim.Pid, 'Z');
        });

        Assert.Equal((SIGSEGV, CaptureAccess.NoticeOnly), (snapshot.Exception!.Signal, snapshot.Access));
        Assert.NotEmpty(snapshot.SoftErrors);
        Assert.True(victim.Process.WaitForExit(TimeSpan.FromSeconds(10)), "its parent never learns of its death");
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(8), $"took {clock.Elapsed}");
    }

    [Fact]
    public void A_process_killed_while_it_is_frozen_hangs_nothing()
    {
        for (int round = 0; round < 10; round++)
        {
            using VictimProcess victim = VictimProcess.Start(program, threads: 32);
            CaptureRequest request = victim.Request;
            using Barrier start = new(2);
            Thread killer = new(() =>
            {
                start.SignalAndWait();
                _ = Libc.kill(victim.Pid, SIGKILL);
            });
            killer.Start();

            CaptureThread.Run(() =>
            {
                start.SignalAndWait();
                try
                {
                    using FrozenProcess frozen = FrozenProcess.Freeze(request);
                    return frozen.TakeSnapshot();
                }
                catch (CaptureException)
                {
                    // It may be gone before the first look.
                    return null;
                }
            });

            killer.Join();
            Assert.True(victim.Process.WaitForExit(TimeSpan.FromSeconds(10)), "its parent never learns of its death");
        }
    }

    [Fact]
    public void A_stopped_process_is_captured_and_stays_stopped()
    {
        using VictimProcess victim = VictimProcess.Start(program, threads: 3);
        Assert.Equal(0, Libc.kill(victim.Pid, SIGSTOP));
        WaitForState(victim, victim.Threads[0].Tid, 'T');

        ProcessSnapshot snapshot = CaptureThread.Capture(victim);

        Assert.Empty(snapshot.SoftErrors);
        Assert.All(snapshot.Threads, thread => Assert.NotNull(thread.Registers));
        Assert.All(victim.Threads, thread => WaitForState(victim, thread.Tid, 'T'));
        Assert.Equal(0, Libc.kill(victim.Pid, SIGCONT));
        victim.AssertEveryThreadRuns();
    }

    [Fact]
    public void A_process_under_another_tracer_is_captured_without_a_freeze()
    {
        using VictimProcess victim = VictimProcess.Start(program, threads: 3);
        using Process tracer = victim.StartTracer(program);
        try
        {
            ProcessSnapshot snapshot = CaptureThread.Capture(victim, whileFrozen: frozen => Assert.False(frozen.IsFrozen));

            SoftError error = Assert.Single(snapshot.SoftErrors);
            Assert.Equal(nameof(CaptureStep.Seize), error.Step);
            Assert.Contains("not frozen", error.Reason, StringComparison.Ordinal);
            Assert.Contains($"process {tracer.Id} traces it", error.Reason, StringComparison.Ordinal);
            Assert.Equal(4, snapshot.Threads.Count);
            Assert.All(snapshot.Threads.Skip(1), thread => Assert.Null(thread.Registers));
            Assert.All(snapshot.Threads.Skip(1), thread => Assert.StartsWith("worker-", thread.Name, StringComparison.Ordinal));
            Assert.Contains(VictimProcess.CrashMarker, MemoryMarshal.Cast<byte, ulong>(AlignedFrom(snapshot.Threads[0])).ToArray());
            Assert.Equal(VictimProgram.BuildId, Convert.ToHexStringLower(snapshot.Modules[0].BuildId));
        }
        finally
        {
            tracer.StandardInput.Close();
            tracer.WaitForExit();
        }
    }

    [Fact]
    public void A_stack_overflow_has_its_stack()
    {
        using VictimProcess victim = VictimProcess.Start(program, threads: 1, "overflow");

        ProcessSnapshot snapshot = CaptureThread.Capture(victim);

        // The pointer is below the mapping, so the stack begins above it; it is never cut.
        MemorySnapshot stack = snapshot.Threads[0].Stack!;
        Assert.InRange(stack.Bytes.Length, 4 << 20, CaptureLimits.CrashedStackBytes);
        Assert.InRange(stack.Address, snapshot.Exception!.Registers.Rsp - 4_096, snapshot.Exception.Registers.Rsp + CaptureLimits.StackSearchBytes);
        Assert.Empty(snapshot.SoftErrors);
    }

    [Fact]
    public void A_call_of_null_has_a_stack_and_no_window()
    {
        using VictimProcess victim = VictimProcess.Start(program, threads: 1, "nullcall");

        ProcessSnapshot snapshot = CaptureThread.Capture(victim);

        Assert.Equal((0UL, 0UL), (snapshot.Exception!.Registers.Rip, snapshot.Exception.Address));
        Assert.NotNull(snapshot.Threads[0].Stack);
        Assert.DoesNotContain(snapshot.Memory, memory => memory.Address == 0);
        Assert.Equal(nameof(CaptureStep.InstructionWindow), Assert.Single(snapshot.SoftErrors).Step);
    }

    [Fact]
    public void A_process_whose_main_thread_has_exited_is_captured()
    {
        using VictimProcess victim = VictimProcess.Start(program, threads: 2, "leader");

        ProcessSnapshot snapshot = CaptureThread.Capture(victim);

        Assert.Empty(snapshot.SoftErrors);
        Assert.Equal("crasher", snapshot.Threads[0].Name);
        Assert.Equal(3, snapshot.Threads.Count);
        Assert.All(snapshot.Threads, thread => Assert.NotNull(thread.Stack));
        Assert.Equal(program.Path, snapshot.Modules[0].Path);
        victim.AssertEveryThreadRuns();
    }

    [Fact]
    public void A_process_in_another_pid_namespace_is_shown_as_it_sees_itself()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            Assert.Skip("a new pid namespace needs root");
        }

        using VictimProcess victim = VictimProcess.Start(program, threads: 3, "segv", "unshare", "--pid", "--fork", "--kill-child");
        Assert.NotEqual(victim.Pid, victim.InnerPid);

        ProcessSnapshot snapshot = CaptureThread.Capture(victim);

        Assert.Empty(snapshot.SoftErrors);
        Assert.Equal(1, snapshot.ProcessId);
        Assert.Equal([1, .. victim.Threads.Select(thread => thread.Tid).Order()], snapshot.Threads.Select(thread => thread.ThreadId));
        Assert.All(snapshot.Threads, thread => Assert.NotNull(thread.Stack));
        victim.AssertEveryThreadRuns();
    }

    [Fact]
    public void A_thread_that_will_not_stop_is_left_out_and_let_go_when_its_tracer_ends()
    {
        using VictimProcess victim = VictimProcess.Start(program, threads: 3, "vfork");
        VictimThread waiting = victim.Threads.Single(thread => thread.Index == 0);
        WaitForState(victim, waiting.Tid, 'D');
        CaptureRequest request = victim.Request;

        ProcessSnapshot snapshot = CaptureThread.Run(() =>
        {
            FrozenProcess frozen = FrozenProcess.Freeze(request);
            using (frozen)
            {
                ProcessSnapshot taken = frozen.TakeSnapshot();
                frozen.Dispose();
                Assert.True(frozen.TracerThreadMustEnd);
                return taken;
            }
        });

        SoftError error = Assert.Single(snapshot.SoftErrors);
        Assert.Equal((nameof(CaptureStep.Stop), $"tid {waiting.Tid}"), (error.Step, error.Subject));
        Assert.Contains("state D", error.Reason, StringComparison.Ordinal);
        Assert.Equal([waiting.Tid], snapshot.Threads.Where(thread => thread.Registers is null).Select(thread => thread.ThreadId));
        Assert.Equal(0, Libc.kill(victim.ChildPid, SIGKILL));
        victim.AssertEveryThreadRuns();
    }

    [Fact]
    public void More_threads_than_a_dump_may_have_are_cut_by_tid()
    {
        using VictimProcess victim = VictimProcess.Start(program, threads: CaptureLimits.MaxThreads + 3);
        Stopwatch clock = Stopwatch.StartNew();

        ProcessSnapshot snapshot = CaptureThread.Capture(victim);

        TestContext.Current.TestOutputHelper!.WriteLine($"{victim.Threads.Count} threads: {clock.Elapsed.TotalMilliseconds:F1} ms");
        Assert.StartsWith("4 threads left out", Assert.Single(snapshot.SoftErrors).Reason, StringComparison.Ordinal);
        Assert.Equal(CaptureLimits.MaxThreads, snapshot.Threads.Count);
        Assert.Equal(victim.Pid, snapshot.Threads[0].ThreadId);
        Assert.All(snapshot.Threads, thread => Assert.NotNull(thread.Stack));
        victim.AssertEveryThreadRuns();
    }

    [Fact]
    public void A_notice_of_an_unknown_thread_freezes_nothing()
    {
        using VictimProcess victim = VictimProcess.Start(program, threads: 2);
        byte[] notice = [.. victim.Notice];
        BinaryPrimitives.WriteInt32LittleEndian(notice.AsSpan(12), int.MaxValue);

        ProcessSnapshot snapshot = CaptureThread.Capture(victim.Request with { Notice = notice }, null, frozen =>
        {
            Assert.False(frozen.IsFrozen);
            Assert.All(victim.Threads, thread => Assert.NotEqual('t', victim.StateOf(thread.Tid)));
        });

        Assert.Contains(snapshot.SoftErrors, error => error.Reason.Contains("not frozen", StringComparison.Ordinal));
        Assert.Equal(4, snapshot.Threads.Count);
    }

    [Theory]
    [InlineData(nameof(CaptureFailSpots.Seize), nameof(CaptureStep.Seize))]
    [InlineData(nameof(CaptureFailSpots.Stop), nameof(CaptureStep.Stop))]
    [InlineData(nameof(CaptureFailSpots.Registers), nameof(CaptureStep.ThreadRegisters))]
    [InlineData(nameof(CaptureFailSpots.Maps), nameof(CaptureStep.Maps))]
    [InlineData(nameof(CaptureFailSpots.Auxv), nameof(CaptureStep.AuxiliaryVector))]
    [InlineData(nameof(CaptureFailSpots.ThreadName), nameof(CaptureStep.ThreadName))]
    [InlineData(nameof(CaptureFailSpots.Stack), nameof(CaptureStep.Stack))]
    [InlineData(nameof(CaptureFailSpots.Modules), nameof(CaptureStep.Modules))]
    [InlineData(nameof(CaptureFailSpots.BuildId), nameof(CaptureStep.BuildId))]
    [InlineData(nameof(CaptureFailSpots.CpuInfo), nameof(CaptureStep.ProcFile))]
    [InlineData(nameof(CaptureFailSpots.MemoryCall), nameof(CaptureStep.Memory))]
    [InlineData(nameof(CaptureFailSpots.Descriptors), nameof(CaptureStep.Descriptors))]
    [InlineData(nameof(CaptureFailSpots.InstructionWindow), nameof(CaptureStep.InstructionWindow))]
    [InlineData(nameof(CaptureFailSpots.IndirectMemory), nameof(CaptureStep.IndirectMemory))]
    [InlineData(nameof(CaptureFailSpots.Threads), nameof(CaptureStep.Stop))]
    [InlineData(nameof(CaptureFailSpots.ProcFiles), nameof(CaptureStep.ProcFile))]
    [InlineData(nameof(CaptureFailSpots.Times), nameof(CaptureStep.Times))]
    [InlineData(nameof(CaptureFailSpots.Machine), nameof(CaptureStep.Machine))]
    public void A_step_that_fails_costs_only_itself(string failing, string step)
    {
        CaptureFailSpots spot = Enum.Parse<CaptureFailSpots>(failing);
        using VictimProcess victim = VictimProcess.Start(program, threads: 3);

        ProcessSnapshot snapshot = CaptureThread.Capture(victim, spot);

        Assert.NotEmpty(snapshot.SoftErrors);
        Assert.All(snapshot.SoftErrors, error => Assert.Equal(step, error.Step));
        Assert.Equal(spot == CaptureFailSpots.Threads ? 1 : 4, snapshot.Threads.Count);
        Assert.Equal(SIGSEGV, snapshot.Exception!.Signal);
        Assert.Equal(spot != CaptureFailSpots.Stack, snapshot.Threads[0].Stack is not null);
        Assert.All(snapshot.Threads.Skip(1), thread => Assert.Equal(spot is CaptureFailSpots.Seize or CaptureFailSpots.Stop or CaptureFailSpots.Registers, thread.Registers is null));
        Assert.Equal(spot is CaptureFailSpots.Maps or CaptureFailSpots.Modules, snapshot.Modules.Count == 0);
        Assert.All(snapshot.Threads, thread => Assert.Equal(spot == CaptureFailSpots.ThreadName, thread.Name.Length == 0));
        Assert.Equal(spot == CaptureFailSpots.ProcFiles, !snapshot.ProcFiles.ContainsKey(ProcFile.Status));
        Assert.Equal(spot == CaptureFailSpots.Times, snapshot.StartTime == DateTimeOffset.UnixEpoch);
        Assert.Equal(spot == CaptureFailSpots.Machine, snapshot.System.Release.Length == 0);
        if (snapshot.Modules.Count > 0)
        {
            Assert.Equal(program.Path, snapshot.Modules[0].Path);
            Assert.Equal(spot == CaptureFailSpots.BuildId, snapshot.Modules[0].BuildId.Length == 0);
        }

        victim.AssertEveryThreadRuns();
    }

    [Fact]
    public void Everything_failing_at_once_still_gives_the_crash()
    {
        using VictimProcess victim = VictimProcess.Start(program, threads: 2);

        ProcessSnapshot snapshot = CaptureThread.Capture(victim, (CaptureFailSpots)(-1));

        Assert.Equal((SIGSEGV, 0x10UL), (snapshot.Exception!.Signal, snapshot.Exception.Address));
        Assert.InRange(snapshot.Threads[0].Registers!.Rip, victim.FaultStart, victim.FaultEnd - 1);
    }

    [Fact]
    public void Five_hundred_threads_take_milliseconds()
    {
        const int threads = 512;
        using VictimProcess victim = VictimProcess.Start(program, threads);
        TimeSpan frozenAfter = default;
        Stopwatch clock = Stopwatch.StartNew();

        ProcessSnapshot snapshot = CaptureThread.Capture(victim, whileFrozen: _ => frozenAfter = clock.Elapsed);

        TimeSpan all = clock.Elapsed;
        TestContext.Current.TestOutputHelper!.WriteLine($"{threads} threads: frozen after {frozenAfter.TotalMilliseconds:F1} ms, captured and released after {all.TotalMilliseconds:F1} ms");
        Assert.Empty(snapshot.SoftErrors);
        Assert.Equal(threads + 1, snapshot.Threads.Count);
        Assert.All(snapshot.Threads, thread => Assert.NotNull(thread.Stack));
        AssertApart(snapshot.Threads.Select(thread => (thread.Stack!.Address, thread.Stack.End)));
        Assert.True(all < CaptureLimits.StopTime, $"took {all}");
        victim.AssertEveryThreadRuns();
    }

    [Fact]
    public void A_snapshot_is_taken_where_the_process_was_frozen()
    {
        using VictimProcess victim = VictimProcess.Start(program, threads: 1);

        CaptureThread.Run(() =>
        {
            using FrozenProcess frozen = FrozenProcess.Freeze(victim.Request);
            Assert.Throws<InvalidOperationException>(() => CaptureThread.Run(frozen.TakeSnapshot));
            return 0;
        });
    }

    private static byte[] Dump(ProcessSnapshot snapshot)
    {
        using MemoryStream dump = new();
        MinidumpWriter.Write(dump, snapshot, new MinidumpAnnotations(Guid.NewGuid(), Guid.NewGuid(), new Dictionary<string, string>()));
        return dump.ToArray();
    }

    private static bool Holds(byte[] dump, string secret) => dump.AsSpan().IndexOf(Encoding.ASCII.GetBytes(secret)) >= 0;

    private static ulong WordAt(MemorySnapshot memory, ulong address)
        => BinaryPrimitives.ReadUInt64LittleEndian(memory.Bytes.Span[(int)(address - memory.Address)..]);

    private static ReadOnlySpan<byte> AlignedFrom(ThreadSnapshot thread)
        => thread.Stack!.Bytes.Span[(int)(((thread.Stack.Address + 7) & ~7UL) - thread.Stack.Address)..];

    private static void AssertApart(IEnumerable<(ulong Start, ulong End)> ranges)
    {
        ulong end = 0;
        foreach ((ulong start, ulong next) in ranges.Order())
        {
            Assert.True(start >= end, $"0x{start:x} lies in the range before, which ends at 0x{end:x}");
            Assert.True(next > start);
            end = next;
        }
    }

    private static void WaitForState(VictimProcess victim, int tid, char state)
    {
        Stopwatch clock = Stopwatch.StartNew();
        while (victim.StateOf(tid) != state)
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(10), $"thread {tid} is in state {victim.StateOf(tid)} instead of {state}");
        }
    }

    private static string BuildIdByReadElf(string path)
    {
        const string label = "Build ID: ";
        using Process readelf = Process.Start(new ProcessStartInfo("readelf", ["-n", path]) { RedirectStandardOutput = true })!;
        string output = readelf.StandardOutput.ReadToEnd();
        readelf.WaitForExit();
        return output[(output.IndexOf(label, StringComparison.Ordinal) + label.Length)..].Split('\n')[0].Trim();
    }
}
