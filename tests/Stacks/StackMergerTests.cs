using System.Diagnostics;
using System.Text;
using CrashHandler.Handler.Stacks;
using CrashHandler.Handler.Stacks.Document;
using CrashHandler.Handler.Stacks.Native;
using Xunit;
using StackFrame = CrashHandler.Handler.Stacks.Document.StackFrame;

namespace CrashHandler.Tests.Stacks;

/// <summary>Merging on made-up stacks: code of two libraries and of the runtime's, and frame pointers.</summary>
public sealed class StackMergerTests
{
    private const ulong Library = 0x10_0000;
    private const ulong Runtime = 0x20_0000;
    private const ulong Jitted = 0x30_0000;
    private const ulong CodeBytes = 0x1_0000;
    private const ulong Stack = 0x70_0000;
    private const int StackBytes = 0x40_0000;

    private readonly byte[] _stack = new byte[StackBytes];
    private readonly List<ManagedFrame> _told = [];
    private readonly MadeUpMemory _memory = new();
    private Amd64Registers? _innermost;
    private ulong _pointer = Stack + 0x100;
    private ulong _lastFrame;

    [Fact]
    public void Native_frames_stand_between_the_managed_ones_that_they_call_and_are_called_by()
    {
        Native(Library, "library 0");
        Native(Library, "library 1");
        Transition("InlinedCallFrame", within: 1);
        Managed("P/Invoke");
        Managed("Callback");
        Native(Runtime, "runtime 0");
        Transition("GCFrame", within: 0);
        Native(Library, "library 2");
        Transition("InlinedCallFrame", within: 1);
        Managed("Caller");
        Managed("Main");
        Native(Runtime, "runtime 1");
        Native(Library, "_start");

        AssertChain("library 0, library 1, InlinedCallFrame, P/Invoke, Callback, runtime 0, GCFrame, library 2, InlinedCallFrame, Caller, Main, runtime 1, _start");
    }

    [Fact]
    public void A_thread_in_managed_code_begins_with_the_runtimes_frame()
    {
        Managed("Inner");
        Managed("Main");
        Native(Runtime, "runtime");

        AssertChain("Inner, Main, runtime");
    }

    [Fact]
    public void A_stub_is_stepped_over_but_not_where_the_thread_is_in_it()
    {
        Untold("stub 0");
        Managed("Inner");
        Untold("stub 1");
        Managed("Main");
        Native(Runtime, "runtime");

        AssertChain("stub 0, Inner, Main, runtime");
    }

    [Fact]
    public void Code_that_the_runtime_does_not_tell_of_is_kept_behind_what_it_tells_of()
    {
        Native(Library, "library");
        Managed("Inner");
        Untold("Lost");
        Native(Runtime, "runtime");

        AssertChain("library, Inner, Lost, runtime");
    }

    [Fact]
    public void Without_a_runtime_frame_pointers_lead_through_its_code()
    {
        Native(Library, "library");
        Untold("Inner");
        Untold("Main");
        Native(Runtime, "runtime");

        AssertChain("library, Inner, Main, runtime");
    }

    [Fact]
    public void Managed_frames_follow_where_the_native_walk_ends()
    {
        Native(Library, "library 0");
        Break();
        Native(Library, "lost");
        Managed("Inner");
        Break();
        Managed("Main");
        Native(Runtime, "runtime");

        AssertChain("library 0, Inner, Main, runtime");
    }

    [Fact]
    public void Managed_frames_stand_there_without_any_registers()
    {
        Managed("Inner");
        Managed("Main");
        List<ManagedFrame> told = _told.ConvertAll(frame => frame with { Registers = null });

        List<StackFrame> frames = StackMerger.Merge(new WalkThread(1, "", null), told, Unwinder());

        Assert.Equal(["Inner", "Main"], frames.Select(frame => frame.Method));
    }

    [Fact]
    public void Managed_frames_without_registers_are_found_on_the_way()
    {
        Native(Library, "library");
        Managed("Inner");
        Native(Runtime, "runtime 0");
        Managed("Main");
        Native(Runtime, "runtime 1");

        AssertChain("library, Inner, runtime 0, Main, runtime 1", _told.ConvertAll(frame => frame with { Registers = null }));
    }

    [Fact]
    public void A_list_in_any_order_is_taken_whole_and_once()
    {
        Native(Library, "library");
        for (int i = 0; i < 50; i++)
        {
            Managed($"{i}");
        }

        Native(Runtime, "runtime");
        ManagedFrame[] told = [.. _told];
        new Random(17).Shuffle(told);

        List<StackFrame> frames = StackMerger.Merge(Thread(), told, Unwinder());

        Assert.Equal(told.Select(frame => frame.Frame.Method), frames.Where(frame => frame.Kind == StackFrameKind.Managed).Select(frame => frame.Method));
    }

    [Fact]
    public void An_overflow_of_ten_thousand_frames_takes_milliseconds()
    {
        for (int i = 0; i < StacksLimits.ReadFrames; i++)
        {
            Managed("Rec");
        }

        Stopwatch clock = Stopwatch.StartNew();
        List<StackFrame> frames = StackMerger.Merge(Thread(), _told, Unwinder());

        TestContext.Current.TestOutputHelper!.WriteLine($"{clock.Elapsed.TotalMilliseconds:F1} ms");
        Assert.Equal(StacksLimits.ReadFrames, frames.Count);
        Assert.All(frames, frame => Assert.Equal("Rec", frame.Method));
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(2), $"took {clock.Elapsed}");
    }

    private void AssertChain(string chain, List<ManagedFrame>? told = null)
    {
        List<StackFrame> frames = StackMerger.Merge(Thread(), told ?? _told, Unwinder());

        Assert.Equal(chain, string.Join(", ", frames.Select(frame => frame.Method ?? _names[frame.Ip])));
        Assert.Equal(StackFrameOrigin.Context, frames[0].Kind == StackFrameKind.Managed ? StackFrameOrigin.Context : frames[0].Origin);
        Assert.Equal(told ?? _told, frames.Where(frame => frame.Kind != StackFrameKind.Native).Select(frame => (told ?? _told).Single(one => ReferenceEquals(one.Frame, frame))));
    }

    private readonly Dictionary<ulong, string> _names = [];

    private WalkThread Thread() => new(1, "", _innermost);

    private NativeUnwinder Unwinder()
    {
        _memory.With(Stack, _stack);
        byte[] maps = Encoding.ASCII.GetBytes($"""
            {Library:x}-{Library + CodeBytes:x} r-xp 00000000 08:01 1 /lib/library.so
            {Runtime:x}-{Runtime + CodeBytes:x} r-xp 00000000 08:01 2 /lib/libcoreclr.so
            {Jitted:x}-{Jitted + CodeBytes:x} r-xp 00000000 00:00 0
            {Stack:x}-{Stack + StackBytes:x} rw-p 00000000 00:00 0 [stack]

            """);
        WalkModule[] modules =
        [
            new("/lib/library.so", Library, CodeBytes, [], IsElf: true),
            new("/lib/libcoreclr.so", Runtime, CodeBytes, [], IsElf: true),
        ];
        return new NativeUnwinder(_memory, modules, maps, _ => null);
    }

    private void Native(ulong module, string name) => Push(module + 0x100 + (ulong)(_names.Count * 0x10), name);

    private void Untold(string name) => Native(Jitted, name);

    private void Managed(string name)
    {
        Amd64Registers registers = Push(Jitted + 0x100 + (ulong)(_names.Count % 0xf00 * 0x10), name);
        _told.Add(new ManagedFrame(
            new StackFrame { Kind = StackFrameKind.Managed, Origin = StackFrameOrigin.Runtime, Method = name, Ip = registers.Rip, Sp = registers.Rsp },
            registers));
    }

    /// <summary>A marker that lies in the frame of the next one but <paramref name="within"/>, which has not been pushed yet.</summary>
    private void Transition(string name, int within)
        => _told.Add(new ManagedFrame(
            new StackFrame { Kind = StackFrameKind.Transition, Origin = StackFrameOrigin.Runtime, Method = name, Sp = within == 0 ? _pointer - 8 : _pointer + 8 },
            null));

    /// <summary>The frame pointers of the last frame are overwritten.</summary>
    private void Break() => _lastFrame = 0;

    /// <summary>A frame of 64 bytes: locals, then the caller's frame pointer and the return address.</summary>
    private Amd64Registers Push(ulong ip, string name)
    {
        const ulong frameBytes = 64;
        ulong pointer = _pointer;
        ulong frame = pointer + frameBytes - 16;
        _names[ip] = name;
        if (_lastFrame != 0)
        {
            BitConverter.TryWriteBytes(_stack.AsSpan((int)(_lastFrame - Stack)), frame);
            BitConverter.TryWriteBytes(_stack.AsSpan((int)(_lastFrame + 8 - Stack)), ip);
        }

        Amd64Registers registers = new() { Rip = ip, Rsp = pointer, Rbp = frame };
        _innermost ??= registers;
        _lastFrame = frame;
        _pointer += frameBytes;
        return registers;
    }
}
