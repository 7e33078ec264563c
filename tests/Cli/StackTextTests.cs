using CrashHandler.Handler.Cli;
using CrashHandler.Handler.Stacks;
using CrashHandler.Handler.Stacks.Document;
using CrashHandler.Tests.Stacks;
using Xunit;

namespace CrashHandler.Tests.Cli;

public sealed class StackTextTests
{
    private static readonly TerminalColours s_none = new(AreOn: false);

    [Fact]
    public void SaysWhatADeveloperAsks()
    {
        StackException inner = SampleStack.Exception("System.FormatException", "App.Config.Parse(System.String)") with { Message = "no number" };
        StackException exception = SampleStack.Exception("App.StartException", "App.Config.Load()", "App.Program.Main()") with { Message = "two\nlines", HResult = unchecked((int)0x80131500), Inner = [inner] };
        StackFrame[] frames =
        [
            SampleStack.Frame("libc.so.6!abort") with { FunctionOffset = 0x1a },
            SampleStack.Frame("libcoreclr.so!"),
            SampleStack.Frame("libodd.so!odd") with { Origin = StackFrameOrigin.Scan },
            SampleStack.Frame("[HelperMethodFrame]"),
            SampleStack.Frame("App.Config.Load()") with { File = "/src/Config.cs", Line = 12 },
        ];
        StackDocument document = SampleStack.Document(exception, frames) with
        {
            Runtime = new StackRuntime { Version = "10.0.1", GcMode = "server", Path = "/usr/share/dotnet/libcoreclr.so" },
            Milliseconds = 20.94,
            Threads =
            [
                new StackThread { ThreadId = 71, Name = "worker", Crashed = true, ManagedId = 4, Kinds = ["background", "threadpool"], Frames = frames, FrameCount = 5 },
                .. Enumerable.Range(80, 12).Select(id => new StackThread { ThreadId = id, Frames = SampleStack.Frames("libc.so.6!futex_wait", "libcoreclr.so!a", "libcoreclr.so!b", "libcoreclr.so!c", "[Frame]", "App.Pool.Wait()"), FrameCount = 6 }),
                new StackThread { ThreadId = 99, ManagedName = "writer", Problem = "its registers are not known" },
            ],
            Problems = ["the heap is being collected"],
        };

        Assert.Equal(
            """
            Runtime     .NET 10.0.1, server GC
            Stacks      native and managed, read in 20.9 ms

            The exception
              App.StartException (0x80131500): two\nlines
                #0 M  App.Config.Load()
                #1 M  App.Program.Main()
              caused by
                System.FormatException: no number
                  #0 M  App.Config.Parse(System.String)

            Crashed thread 71 (worker), managed id 4, background, threadpool
              M managed, N native, T transition of the runtime
              #0 N  libc.so.6!abort+0x1a
              #1 N  libcoreclr.so+0x1000
              #2 N  libodd.so!odd  (scan)
              #3 T  [HelperMethodFrame]
              #4 M  App.Config.Load() in /src/Config.cs:12

            Other threads (13)
              12 threads: 80, 81, 82, 83, 84, 85, 86, 87, 88, 89 and 2 more
                N  libc.so.6!futex_wait
                N  libcoreclr.so!a
                M  App.Pool.Wait()
                … 3 more
              99 (writer)
              no managed frames: its registers are not known

            Left out or cut of the stacks
              the heap is being collected

            """.ReplaceLineEndings("\n"),
            Text(document));
    }

    [Fact]
    public void RepetitionsHaveTheirNumber()
    {
        StackFrame[] frames = [.. SampleStack.Frames("P.Leaf()"), .. Enumerable.Repeat(SampleStack.Frame("P.Rec()"), 8090), .. SampleStack.Frames("P.B()", "P.C()", "P.B()", "P.C()", "P.B()", "P.C()", "P.Main()")];
        string text = Text(new StackDocument { Source = StackSource.Walk, Threads = [StackFolding.Fold(new StackThread { ThreadId = 1, Crashed = true }, frames, atLeast: false)] });
        Assert.Contains("  #0    M  P.Leaf()\n  #1    M  P.Rec()  … 8,090 times\n  #8091 M  P.B()\n  #8092 M  P.C()  … these 2 frames 3 times\n  #8097 M  P.Main()\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void WhatIsLeftOutStandsWhereItWas()
    {
        StackFrame[] frames = [.. Enumerable.Range(0, 1000).Select(at => SampleStack.Frame($"P.M{at}()"))];
        StackThread thread = new() { ThreadId = 1, Crashed = true };
        string ended = Text(new StackDocument { Source = StackSource.Walk, Threads = [StackFolding.Fold(thread, frames, atLeast: false)] });
        Assert.Contains("  #239 M  P.M239()\n  … 744 frames left out\n  #984 M  P.M984()\n", ended, StringComparison.Ordinal);
        string open = Text(new StackDocument { Source = StackSource.Walk, Threads = [StackFolding.Fold(thread, frames, atLeast: true)] });
        Assert.EndsWith("  #255 M  P.M255()\n  … 744 frames left out\n  … at least 1,000 frames; the outer ones were not read\n", open, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(StackSource.None, null, "Stacks      native\n")]
    [InlineData(StackSource.None, "the DAC is not there", "Stacks      no managed part: the DAC is not there\n")]
    [InlineData(StackSource.Client, "the DAC is not there", "Stacks      the exception is in the process's own words: the DAC is not there\n")]
    public void WhyThereIsNoManagedPart(object source, string? problem, string expected)
        => Assert.Equal(expected, Text(new StackDocument { Source = (StackSource)source, Problem = problem }));

    [Fact]
    public void NothingOfTheProcessReachesTheTerminalRaw()
    {
        const string evil = "\u001b]0;owned\u0007\r\n\u009b31m\u202Egpj.exe\u2028\0";
        StackFrame frame = SampleStack.Frame("x") with { Method = evil, Module = "/" + evil, File = evil, Line = 1 };
        StackException exception = new() { Type = evil, Message = evil, Problem = evil, Frames = [frame, frame with { Kind = StackFrameKind.Native }, frame with { Kind = StackFrameKind.Transition }] };
        StackThread thread = new() { ThreadId = 1, Crashed = true, Name = evil, ManagedName = evil, Kinds = [evil], Problem = evil, Exception = exception, Frames = exception.Frames };
        StackDocument document = new()
        {
            Source = StackSource.Client,
            Problem = evil,
            Runtime = new StackRuntime { Version = evil, GcMode = evil, Path = evil },
            Exception = exception with { Inner = [exception] },
            Threads = [thread, thread, thread with { ThreadId = 2 }],
            Problems = [evil],
        };
        string text = Text(document);
        Assert.DoesNotContain(text, character => char.IsControl(character) && character != '\n');
        Assert.DoesNotContain('\u202E', text);
        Assert.DoesNotContain('\u2028', text);
    }

    [Fact]
    public void AnotherProgramsNumbersDoNoHarm()
    {
        StackFrame[] frames = [SampleStack.Frame("P.A()") with { Run = new StackRun(int.MaxValue, int.MaxValue, true) }, SampleStack.Frame("P.B()") with { Run = new StackRun(-1, -5, false) }, SampleStack.Frame("P.C()")];
        StackThread thread = new() { ThreadId = 1, Crashed = true, Frames = frames, LeftOut = int.MaxValue, LeftOutAt = 0 };
        StackDocument document = new() { Source = StackSource.Walk, Threads = [thread, thread] };
        Assert.Contains("P.C()", Text(document), StringComparison.Ordinal);
        _ = StackSignature.Of(document);
    }

    [Theory]
    [InlineData(true, null, "xterm", true)]
    [InlineData(true, "", "xterm", true)]
    [InlineData(true, "1", "xterm", false)]
    [InlineData(true, null, "dumb", false)]
    [InlineData(true, null, null, false)]
    [InlineData(false, null, "xterm", false)]
    public void ColoursAreForTerminals(bool isTerminal, string? noColour, string? term, bool expected)
        => Assert.Equal(expected, TerminalColours.Of(isTerminal, name => name == "NO_COLOR" ? noColour : name == "TERM" ? term : null).AreOn);

    [Fact]
    public void ColoursAreAllThatTheyAdd()
    {
        StackDocument document = SampleStack.Document(SampleStack.Exception("App.OwnException", "App.Program.Main()"), "libc.so.6!abort", "App.Program.Main()");
        string coloured = Text(document, new TerminalColours(AreOn: true));
        Assert.Contains("\u001b[1;31mApp.OwnException\u001b[0m", coloured, StringComparison.Ordinal);
        Assert.Equal(Text(document), System.Text.RegularExpressions.Regex.Replace(coloured, "\u001b\\[[0-9;]*m", ""));
    }

    private static string Text(StackDocument document, TerminalColours? colours = null)
    {
        using StringWriter writer = new();
        StackText.Write(writer, document, colours ?? s_none);
        return writer.ToString();
    }
}
