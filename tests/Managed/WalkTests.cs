using CrashHandler.Handler.Stacks.Document;
using CrashHandler.Tests.EndToEnd;
using Xunit;

namespace CrashHandler.Tests.Managed;

/// <summary>The published walk on real processes.</summary>
public sealed class WalkTests
{
    public static TheoryData<string> Versions => ["8.0", "9.0", "10.0"];

    [Theory]
    [MemberData(nameof(Versions))]
    public void Every_runtime_tells_of_its_threads(string version)
    {
        Identities.Require(Identities.Own);
        using StackProcess process = StackProcess.Wait(Victim(version));

        StackDocument document = WalkRun.Of(process).Whole;

        Assert.Null(document.Problem);
        Assert.Equal(StackSource.Walk, document.Source);
        Assert.StartsWith($"{version}.", document.Runtime!.Version, StringComparison.Ordinal);
        Assert.Equal("workstation", document.Runtime.GcMode);
        Assert.False(document.Runtime.InCollection);
        Assert.Null(document.Exception);

        StackThread main = document.Threads[0];
        Assert.Equal((process.Pid, 1, false, null), (main.ThreadId, main.ManagedId, main.Crashed, main.Problem));
        StackFrame outermost = main.Frames.Last(frame => frame.Kind == StackFrameKind.Managed);
        Assert.Equal("Program.<Main>$(System.String[])", outermost.Method);
        Assert.Equal("stackvictim.dll", Path.GetFileName(outermost.Module));
        Assert.Equal(ModuleVersion(outermost.Module!), outermost.Mvid);
        Assert.Equal(LineOf("main-waits"), outermost.Line);
        Assert.Contains(main.Frames, frame => frame.Method == "System.Console.ReadLine()");
        Assert.All(main.Frames.Where(frame => frame.Kind == StackFrameKind.Managed), frame => Assert.True(frame is { Ip: not 0, Sp: not 0, Token: not null, Mvid: not null }, $"{frame}"));

        StackThread finalizer = document.Threads.Single(thread => thread.Kinds.Contains("finalizer"));
        Assert.Contains("background", finalizer.Kinds);
        Assert.All(document.Threads, thread => Assert.True(
            thread.ManagedId is null || thread.Problem is not null || thread.Frames.Any(frame => frame.Kind == StackFrameKind.Managed), $"thread {thread.ThreadId} has no managed frame and no reason"));
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void The_exception_that_ends_a_process_comes_with_its_causes(string version)
    {
        using StackProcess process = StackProcess.Die(Victim(version), "inner-exceptions");

        StackDocument document = WalkRun.Of(process).Whole;

        Assert.Null(document.Problem);
        StackException outer = document.Exception!;
        Assert.Equal(("System.InvalidOperationException", "the outer one", unchecked((int)0x80131509)), (outer.Type, outer.Message, outer.HResult!.Value));
        Assert.Equal("CrashHandler.Victims.Stacks.InnerExceptions.Run()", outer.Frames[0].Method);
        StackException middle = Assert.Single(outer.Inner);
        Assert.Equal(("System.ArgumentException", "the middle one"), (middle.Type, middle.Message));
        StackException inner = Assert.Single(middle.Inner);
        Assert.Equal(("System.FormatException", "the innermost one"), (inner.Type, inner.Message));
        Assert.Equal(["CrashHandler.Victims.Stacks.InnerExceptions.Innermost()", "CrashHandler.Victims.Stacks.InnerExceptions.Middle()"], inner.Frames.Take(2).Select(frame => frame.Method));
        Assert.Empty(inner.Inner);
        Assert.True(document.Threads[0].Crashed);
        Assert.Contains("System.InvalidOperationException", document.Signature!, StringComparison.Ordinal);
    }

    [Fact]
    public void Messages_stay_out_of_a_sanitized_report()
    {
        using StackProcess process = StackProcess.Die(Victim("10.0"), "inner-exceptions");

        StackDocument document = WalkRun.Of(process, request => request with { LeavesOutMessages = true }).Whole;

        Assert.Equal(("System.InvalidOperationException", null), (document.Exception!.Type, document.Exception.Message));
        Assert.Null(document.Exception.Inner[0].Message);
    }

    [Fact]
    public void An_exception_that_was_caught_did_not_end_the_process()
    {
        using StackProcess process = StackProcess.Die(Path.Combine(StackProcess.Shape("net10.0-shared"), "deathvictim"), "native-abort");

        StackDocument document = WalkRun.Of(process).Whole;

        Assert.Equal(StackSource.Walk, document.Source);
        Assert.Null(document.Exception);
        Assert.Contains(document.Threads[0].Frames, frame => frame.Kind == StackFrameKind.Transition && frame.Method!.Contains("NativeDeath", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("net10.0-single-file", "single-file")]
    [InlineData("net10.0-aot", "NativeAOT")]
    public void A_program_without_the_library_gives_native_stacks_and_what_it_said_itself(string shape, string reason)
    {
        using StackProcess process = StackProcess.Wait(Path.Combine(StackProcess.Shape(shape), "deathvictim"));

        StackDocument silent = WalkRun.Of(process).Whole;
        StackDocument said = WalkRun.Of(process, request => request with
        {
            HasCrashed = true,
            Signal = 6,
            ExceptionType = "System.InvalidOperationException",
            ExceptionMessage = "the victim's exception",
            ExceptionText = "System.InvalidOperationException: the victim's exception\n   at P.M()\n   at P.Main()",
        }).Whole;

        Assert.Equal((StackSource.None, StackSource.Client), (silent.Source, said.Source));
        Assert.Contains(reason, silent.Problem, StringComparison.Ordinal);
        Assert.Equal(silent.Problem, said.Problem);
        Assert.Equal(["P.M()", "P.Main()"], said.Exception!.Frames.Select(frame => frame.Method));
        Assert.All(silent.Threads, thread => Assert.True(thread.Frames.Count > 0, $"{thread}"));
    }

    private static string Victim(string version) => Path.Combine(StackProcess.Shape($"stacks-net{version}"), "stackvictim");

    private static Guid ModuleVersion(string path)
    {
        using System.Reflection.PortableExecutable.PEReader image = new(File.OpenRead(path));
        System.Reflection.Metadata.MetadataReader metadata = System.Reflection.Metadata.PEReaderExtensions.GetMetadataReader(image);
        return metadata.GetGuid(metadata.GetModuleDefinition().Mvid);
    }

    private static int LineOf(string name)
        => 1 + Array.FindIndex(File.ReadAllLines(Path.Combine(TestPrograms.RepositoryRoot(), "tests", "victims", "StackVictim", "Program.cs")), line => line.EndsWith($"// line: {name}", StringComparison.Ordinal));
}
