using System.Diagnostics;
using CrashHandler.Handler.Stacks;
using CrashHandler.Handler.Stacks.Document;
using CrashHandler.Handler.Stacks.Native;
using CrashHandler.Tests.Tools;
using Xunit;
using StackFrame = CrashHandler.Handler.Stacks.Document.StackFrame;

namespace CrashHandler.Tests.Stacks;

/// <summary>Real stacks, frozen as the handler freezes them: the same frames as GDB finds in the same process, one for one.</summary>
public sealed class NativeUnwinderTests
{
    private const string Vdso = "linux-gate.so";

    // A reading of the clock is for the most part in the vdso: so many in a row that are not would mean that none is.
    private const int Freezes = 500;

    [Theory]
    [InlineData("deep", "park inner middle outer main")]
    [InlineData("locals", "park inner middle outer locals main")]
    [InlineData("qsort", "park inner middle outer compare main")]
    [InlineData("signal", "park inner middle outer on_signal fault main")]
    [InlineData("badcall", "park inner middle outer on_signal call main")]
    [InlineData("abort", "park inner middle outer on_signal last before_last main")]
    public void A_chain_is_what_gdb_finds(string mode, string chain)
    {
        AssertAsGdb(StackPrograms.Usual, mode, chain);
        AssertAsGdb(StackPrograms.Fixed, mode, chain);
    }

    [Fact]
    public void A_static_program_without_symbols_is_unwound_by_the_table_that_only_its_sections_tell_of()
    {
        using StackProcess process = StackProcess.Start(StackPrograms.Static, waits: true, "abort");

        List<StackFrame> frames = Assert.Single(Stacks(process)).Frames;

        AssertAsGdb(frames, Gdb.FramesOf(process.Pid)[process.Pid]);
        Assert.All(frames.Skip(1), frame => Assert.Equal(StackFrameOrigin.UnwindTable, frame.Origin));
        Assert.All(frames.Where(frame => frame.Module == StackPrograms.Static), frame => Assert.Null(frame.Method));
    }

    [Fact]
    public void What_was_interrupted_leads_to_the_same_frames_as_its_signal_handler()
    {
        using StackProcess process = StackProcess.Start(StackPrograms.Usual, waits: true, "signal");

        (List<StackFrame> whole, List<StackFrame> ofFault) = process.WhileFrozen((threads, unwinder) =>
        {
            List<NativeFrame> frames = [.. unwinder.Unwind(threads[0].Registers!)];
            NativeFrame fault = frames.First(frame => frame.Frame.Method == "fault");
            Assert.False(fault.IsReturnAddress);
            return (frames.ConvertAll(frame => frame.Frame), unwinder.Unwind(fault.Registers).Select(frame => frame.Frame).ToList());
        });

        Assert.Equal(whole[^ofFault.Count..].Select(frame => (frame.Ip, frame.Sp, frame.Method)), ofFault.Select(frame => (frame.Ip, frame.Sp, frame.Method)));
        Assert.Equal(StackFrameOrigin.Context, ofFault[0].Origin);
    }

    [Fact]
    public void The_vdso_is_unwound()
    {
        using StackProcess process = StackProcess.Start(StackPrograms.Usual, waits: false, "vdso");
        for (int i = 0; i < Freezes; i++)
        {
            (List<StackFrame> frames, bool hasVdso) = process.WhileFrozen((threads, unwinder) =>
                (unwinder.Unwind(threads[0].Registers!).Select(frame => frame.Frame).ToList(), unwinder.IsNative(threads[0].Registers!.Rip)));
            Assert.True(hasVdso);
            if (frames[0].Module == Vdso)
            {
                Assert.Equal(["spin", "main"], frames.Where(frame => frame.Module == StackPrograms.Usual).Take(2).Select(frame => frame.Method));
                Assert.NotNull(frames[0].Method);
                Assert.All(frames.Skip(1), frame => Assert.Equal(StackFrameOrigin.UnwindTable, frame.Origin));
                return;
            }
        }

        Assert.Skip("the clock is not read in the vdso here");
    }

    [Fact]
    public void A_file_that_was_replaced_costs_the_names_of_local_functions_and_no_frame()
    {
        string program = StackPrograms.Compile("replaced");
        using StackProcess process = StackProcess.Start(program, waits: true, "deep");
        List<StackFrame> before = Assert.Single(Stacks(process)).Frames;
        File.Delete(program);
        StackPrograms.Compile("replaced", "-DANOTHER", "-O1");

        List<StackFrame> gone = Assert.Single(Stacks(process, _ => null)).Frames;
        (List<StackFrame> replaced, List<string> problems) = process.WhileFrozen((threads, unwinder) =>
            (unwinder.Unwind(threads[0].Registers!).Select(frame => frame.Frame).ToList(), unwinder.Problems.ToList()));

        Assert.Equal(before.Select(frame => (frame.Ip, frame.Sp, frame.Origin)), gone.Select(frame => (frame.Ip, frame.Sp, frame.Origin)));
        Assert.Equal(before.Select(frame => (frame.Ip, frame.Sp, frame.Origin)), replaced.Select(frame => (frame.Ip, frame.Sp, frame.Origin)));
        Assert.All(gone.Concat(replaced).Where(frame => frame.Module == program), frame => Assert.Null(frame.Method));
        Assert.Contains("pause", gone.Select(frame => frame.Method));
        Assert.Equal([$"{program}: its file is another one by now"], problems);
    }

    [Fact]
    public void A_thousand_threads_are_unwound_by_what_was_learned_from_the_first()
    {
        const int threads = 1_000;
        using StackProcess process = StackProcess.Start(StackPrograms.Usual, waits: true, "threads", "1000");

        List<TimeSpan> times = process.WhileFrozen((found, unwinder) =>
        {
            List<TimeSpan> taken = [];
            for (int round = 0; round < 3; round++)
            {
                Stopwatch clock = Stopwatch.StartNew();
                List<int> depths = [.. found.Select(thread => unwinder.Unwind(thread.Registers!).Count())];
                taken.Add(clock.Elapsed);
                Assert.Equal(threads + 1, depths.Count);
                Assert.All(depths, depth => Assert.InRange(depth, 3, 10));
            }

            return taken;
        });

        TestContext.Current.TestOutputHelper!.WriteLine($"{threads} threads: {string.Join(", ", times.Select(time => $"{time.TotalMilliseconds:F1} ms"))}");
    }

    private static void AssertAsGdb(string program, string mode, string chain)
    {
        using StackProcess process = StackProcess.Start(program, waits: true, mode);

        List<StackFrame> frames = Assert.Single(Stacks(process)).Frames;
        List<GdbFrame> expected = Gdb.FramesOf(process.Pid)[process.Pid];

        AssertAsGdb(frames, expected);
        IEnumerable<StackFrame> own = frames.Where(frame => frame.Module == program);
        Assert.Equal([.. chain.Split(' '), "_start"], own.Select(frame => frame.Method));
        Assert.All(own, frame => Assert.Equal(expected[frames.IndexOf(frame)].Name, frame.Method));
        Assert.All(frames, frame => Assert.Equal(StackFrameKind.Native, frame.Kind));

        // Of a call through a bad pointer nothing is known but that the return address was just pushed.
        Assert.All(frames.Skip(1).Where(frame => frame.Method != "call"), frame => Assert.Equal(StackFrameOrigin.UnwindTable, frame.Origin));
        Assert.Contains("pause", frames.Select(frame => frame.Method));
    }

    private static void AssertAsGdb(List<StackFrame> frames, List<GdbFrame> expected)
        => Assert.Equal(expected.Select(frame => $"0x{frame.Ip:x}"), frames.Select(frame => $"0x{frame.Ip:x}"));

    private static List<(int ThreadId, List<StackFrame> Frames)> Stacks(StackProcess process, Func<WalkModule, Stream?>? open = null)
        => process.WhileFrozen((threads, unwinder) => threads.Select(thread => (thread.ThreadId, StackMerger.Merge(thread, [], unwinder))).ToList(), open);
}
