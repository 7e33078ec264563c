using CrashHandler.Handler.Stacks;
using CrashHandler.Handler.Stacks.Document;
using CrashHandler.Tests.EndToEnd;
using CrashHandler.Tests.Tools;
using Microsoft.Diagnostics.Runtime;
using Xunit;

namespace CrashHandler.Tests.Stacks;

/// <summary>The stacks of a real .NET process that waits for its input.</summary>
public sealed class DotNetStackTests
{
    private const string Runtime = "/libcoreclr.so";

    // CONTEXT of winnt.h, which the runtime uses everywhere: offsets of the general registers.
    private const int ContextRax = 120;

    // Each takes GDB a second.
    private const int Looks = 20;

    [Fact]
    public void Its_native_frames_are_those_that_gdb_finds_above_the_managed_ones()
    {
        using StackProcess process = StackProcess.Start(Program(), waits: true, "caught", "/dev/null");

        // The runtime's own threads go on for a while after the start: only of a process that stood still all the time can two looks say the same.
        Dictionary<int, List<ulong>> stacks;
        Dictionary<int, List<GdbFrame>> expected;
        bool isStill;
        int looks = 0;
        do
        {
            stacks = NativeStacks(process);
            expected = Gdb.FramesOf(process.Pid);
            isStill = NativeStacks(process) is var again && again.Count == stacks.Count && stacks.All(stack => again.TryGetValue(stack.Key, out List<ulong>? same) && same.SequenceEqual(stack.Value));
        }
        while (!isStill && ++looks < Looks);

        Assert.True(isStill, "the process never stands still");
        Assert.Equal(expected.Keys.Order(), stacks.Keys.Order());
        Assert.All(stacks, stack => Assert.Equal(Hex(expected[stack.Key].Select(frame => frame.Ip).Take(stack.Value.Count)), Hex(stack.Value)));
        Assert.All(stacks, stack => Assert.True(stack.Value.Count >= 2));
    }

    [Fact]
    public void Frame_pointers_lead_through_its_managed_code_to_the_threads_beginning()
    {
        using StackProcess process = StackProcess.Start(Program(), waits: true, "caught", "/dev/null");

        List<StackFrame> frames = process.WhileFrozen((threads, unwinder) => StackMerger.Merge(threads.Single(thread => thread.ThreadId == process.Pid), [], unwinder));

        Assert.Equal((Program(), StackFrameOrigin.UnwindTable), (frames[^1].Module, frames[^1].Origin));
        Assert.Contains(frames, frame => frame.Module?.EndsWith(Runtime, StringComparison.Ordinal) == true);
        Assert.DoesNotContain(frames, frame => frame.Origin == StackFrameOrigin.Scan);
    }

    [Fact]
    public void Its_managed_frames_stand_between_its_native_ones_in_their_order()
    {
        using StackProcess process = StackProcess.Start(Program(), waits: true, "caught", "/dev/null");
        List<ManagedFrame> managed = ManagedFrames(process.Pid);

        (List<StackFrame> merged, List<StackFrame> native) = process.WhileFrozen((threads, unwinder) =>
        {
            WalkThread main = threads.Single(thread => thread.ThreadId == process.Pid);
            return (StackMerger.Merge(main, managed, unwinder), StackMerger.Merge(main, [], unwinder).Where(frame => unwinder.IsNative(frame.Ip)).ToList());
        });

        TestContext.Current.TestOutputHelper!.WriteLine(string.Join('\n', merged.Select(frame => $"{frame.Sp:x} {frame.Kind} {frame.Origin} {frame.Method ?? $"{frame.Module}+0x{frame.ModuleOffset:x}"}")));
        Assert.Equal(managed.Select(frame => frame.Frame), merged.Where(frame => frame.Kind != StackFrameKind.Native));
        Assert.Equal(native.Select(frame => (frame.Ip, frame.Sp)), merged.Where(frame => frame.Kind == StackFrameKind.Native).Select(frame => (frame.Ip, frame.Sp)));
        Assert.Equal(merged.Where(frame => frame.Kind != StackFrameKind.Transition).Select(frame => frame.Sp).Order(), merged.Where(frame => frame.Kind != StackFrameKind.Transition).Select(frame => frame.Sp));
        int last = merged.FindLastIndex(frame => frame.Kind == StackFrameKind.Managed);
        Assert.Contains("Main", merged[last].Method, StringComparison.Ordinal);
        Assert.EndsWith(Runtime, merged.Skip(last).First(frame => frame.Kind == StackFrameKind.Native).Module, StringComparison.Ordinal);
        Assert.Equal(Program(), merged[^1].Module);
    }

    private static Dictionary<int, List<ulong>> NativeStacks(StackProcess process) => process.WhileFrozen((threads, unwinder) => threads.ToDictionary(
        thread => thread.ThreadId,
        thread => unwinder.Unwind(thread.Registers!).Select(frame => frame.Frame.Ip).TakeWhile(unwinder.IsNative).ToList()));

    private static string Program()
    {
        DirectoryInfo own = new(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        string program = Path.Combine(TestPrograms.RepositoryRoot(), "tests", "victims", "DeathVictim", "bin", own.Parent!.Name, own.Name, "deathvictim");
        Assert.True(File.Exists(program), $"{program} is missing; run dotnet build tests/victims/DeathVictim");
        return program;
    }

    /// <summary>The main thread's frames as ClrMD reads them.</summary>
    private static List<ManagedFrame> ManagedFrames(int pid)
    {
        using DataTarget target = DataTarget.AttachToProcess(pid, suspend: true);
        using ClrRuntime runtime = target.ClrVersions.Single().CreateRuntime();
        ClrThread thread = runtime.Threads.Single(thread => thread.OSThreadId == pid);
        return [.. thread.EnumerateStackTrace(includeContext: true).Select(frame => new ManagedFrame(
            new StackFrame
            {
                Kind = frame.Kind == ClrStackFrameKind.ManagedMethod ? StackFrameKind.Managed : StackFrameKind.Transition,
                Origin = StackFrameOrigin.Runtime,
                Method = frame.Method?.Signature ?? frame.FrameName ?? "(stub)",
                Ip = frame.InstructionPointer,
                Sp = frame.StackPointer,
            },
            Registers(frame.Context)))];
    }

    private static Amd64Registers? Registers(ReadOnlySpan<byte> context)
    {
        if (context.Length < ContextRax + (17 * sizeof(ulong)))
        {
            return null;
        }

        ulong[] words = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, ulong>(context.Slice(ContextRax, 17 * sizeof(ulong))).ToArray();
        return new Amd64Registers
        {
            Rax = words[0],
            Rcx = words[1],
            Rdx = words[2],
            Rbx = words[3],
            Rsp = words[4],
            Rbp = words[5],
            Rsi = words[6],
            Rdi = words[7],
            R8 = words[8],
            R9 = words[9],
            R10 = words[10],
            R11 = words[11],
            R12 = words[12],
            R13 = words[13],
            R14 = words[14],
            R15 = words[15],
            Rip = words[16],
        };
    }

    private static IEnumerable<string> Hex(IEnumerable<ulong> addresses) => addresses.Select(address => $"0x{address:x}");
}
