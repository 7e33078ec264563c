using CrashHandler.Handler.Stacks.Document;
using CrashHandler.Tests.EndToEnd;
using CrashHandler.Tests.Table;
using CrashHandler.Tests.Tools;
using Xunit;

namespace CrashHandler.Tests.Managed;

/// <summary>
/// The crashed thread of a report, against the core that the kernel wrote of the same process at the same death: two dumps of one stack, read by two programs that share nothing. The
/// native frames are GDB's, the managed ones those of the victim's source.
/// </summary>
public sealed class MergedStackTests
{
    private const string Current = "net10.0";
    private const string Runtime = "libcoreclr.so";
    private const string Library = "libc.so.6";
    private const string NativeLibrary = "libdeath.so";

    /// <summary>Every managed method of these is the victim's own, not optimized, so that GDB finds it, too: the whole stack is the same, frame for frame.</summary>
    [Theory]
    [InlineData("native-fault", nameof(Way.Start))]
    [InlineData("native-callback", nameof(Way.Exec))]
    [InlineData("native-sort", nameof(Way.Start))]
    [InlineData("native-sort", nameof(Way.Exec))]
    public void TheStackIsThatOfTheCore(string kind, string way)
    {
        using Sandbox sandbox = new(Identities.Own);
        (StackFrame[] frames, List<GdbFrame> core) = RunWithCore(sandbox, kind, way);
        Assert.Equal(core.Select(Text), frames.Select(Text));
        AssertNative(frames, core);
    }

    [Fact]
    public void TheLibraryThatCallsBackStandsBetween()
    {
        using Sandbox sandbox = new(Identities.Own);
        (StackFrame[] frames, _) = RunWithCore(sandbox, "native-sort", nameof(Way.Exec));
        StackFrame[] between = Between(frames, "stack_compare", "stack_sort");
        Assert.NotEmpty(between);
        Assert.All(between, frame => Assert.Equal((StackFrameKind.Native, Library), (frame.Kind, NameOf(frame))));
    }

    /// <summary>
    /// Here the runtime's own optimized methods are among the managed ones. A small one has no frame pointer, so that GDB, which only follows those, passes over its caller; and of one that
    /// calls native code the runtime itself notes another place than the return address. The native frames are the same all the same.
    /// </summary>
    [Theory]
    [InlineData(nameof(Way.Start))]
    [InlineData(nameof(Way.Exec))]
    public void TheRuntimeThatCallsBackStandsBetween(string way)
    {
        using Sandbox sandbox = new(Identities.Own);
        (StackFrame[] frames, List<GdbFrame> core) = RunWithCore(sandbox, "static-constructor", way);
        AssertNative(frames, core);
        StackFrame[] between = Between(frames, "CrashHandler.Victims.Stacks.Constructed..cctor()", "CrashHandler.Victims.Stacks.StaticConstructors.Run()");
        StackFrame[] native = [.. between.TakeWhile(frame => frame.Kind == StackFrameKind.Native)];
        Assert.NotEmpty(native);
        Assert.All(native, frame => Assert.Equal(Runtime, NameOf(frame)));
        Assert.All(between.Skip(native.Length), frame => Assert.Equal((StackFrameKind.Managed, "System.Private.CoreLib.dll"), (frame.Kind, NameOf(frame))));
    }

    /// <summary>What is the same of every one: the native frames, one for one, and what stands outside of the outermost managed one.</summary>
    private static void AssertNative(StackFrame[] frames, List<GdbFrame> core)
    {
        StackFrame[] native = [.. frames.Where(frame => frame.Kind == StackFrameKind.Native)];
        GdbFrame[] expected = [.. core.Where(frame => frame.Module is not null)];
        Assert.Equal(expected.Select(Text), native.Select(Text));
        Assert.All(native.Zip(expected).Where(pair => NameOf(pair.First) == NativeLibrary), pair => Assert.Equal(pair.Second.Name, pair.First.Method));
        ulong[] pointers = [.. frames.Select(frame => frame.Sp)];
        Assert.Equal(pointers.Order().Distinct(), pointers);

        StackFrame[] outer = [.. frames.Skip(1 + Array.FindLastIndex(frames, frame => frame.Kind == StackFrameKind.Managed))];
        Assert.Equal(Runtime, NameOf(outer[0]));
        Assert.Equal((Library, "__libc_start_main"), (NameOf(outer[^2]), outer[^2].Method));
        Assert.Equal(StackVictim.Program, NameOf(outer[^1]));
    }

    /// <summary>Runs it covered; its managed frames and its own native ones are those of its source.</summary>
    private static (StackFrame[] Frames, List<GdbFrame> Core) RunWithCore(Sandbox sandbox, string kind, string way)
    {
        KnownChain known = KnownChains.Of(kind);
        string folder = StackVictim.Folder(Current);
        RequireCore(sandbox, known, folder);

        StackVictimReport seen = StackVictim.Run(sandbox, kind, Enum.Parse<Way>(way), folder, known.Sent, StackVictim.WithCore);

        ChainCheck check = new ChainCheck().Compare(known, seen.Document);
        Assert.True(check.Differences.Count == 0, string.Join('\n', check.Differences));
        StackThread crashed = seen.Document.Threads[0];
        Assert.Equal((false, 0, crashed.Frames.Count), (crashed.AtLeast, crashed.LeftOut, crashed.FrameCount));
        List<GdbFrame> core = Gdb.FramesOfCore(Path.Combine(folder, StackVictim.Program), Assert.Single(Cores(sandbox)));
        return ([.. crashed.Frames.Where(frame => frame.Kind != StackFrameKind.Transition)], core);
    }

    /// <summary>There is nothing to compare with where the process has no core without us.</summary>
    private static void RequireCore(Sandbox sandbox, KnownChain known, string folder)
    {
        ProcessResult bare = StackVictim.RunBare(sandbox, known with { Environment = StackVictim.WithCore }, folder);
        string[] cores = Cores(sandbox);
        Assert.SkipWhen(
            cores.Length == 0,
            $"the kernel writes no core of the bare victim here; look at the hard limit of RLIMIT_CORE and at core_pattern ({File.ReadAllText("/proc/sys/kernel/core_pattern").Trim()}): {bare.Error}");
        Array.ForEach(cores, File.Delete);
    }

    private static string[] Cores(Sandbox sandbox) => Directory.GetFiles(sandbox.Folder, "core*");

    private static StackFrame[] Between(StackFrame[] frames, string inner, string outer)
    {
        int first = Array.FindIndex(frames, frame => frame.Method == inner), last = Array.FindIndex(frames, frame => frame.Method == outer);
        Assert.True(first >= 0 && last > first, $"{inner} at {first}, {outer} at {last}");
        return frames[(first + 1)..last];
    }

    private static string NameOf(StackFrame frame) => Path.GetFileName(frame.Module ?? "");

    private static string Text(GdbFrame frame) => $"0x{frame.Ip:x} 0x{frame.Sp:x} {frame.Module ?? "no ELF file"}";

    private static string Text(StackFrame frame) => $"0x{frame.Ip:x} 0x{frame.Sp:x} {(frame.Kind == StackFrameKind.Native ? frame.Module : "no ELF file")}";
}
