using CrashHandler.Handler.Stacks.Document;
using Xunit;

namespace CrashHandler.Tests.Managed;

/// <summary>The comparison finds what it is there to find: documents made by hand, right ones and wrong ones.</summary>
public sealed class ChainCheckTests
{
    [Theory]
    [InlineData("N.Deaths.Throw()", "N.Deaths.Throw")]
    [InlineData("N.Deaths.Throw", "N.Deaths.Throw")]
    [InlineData("N.Box`1.Put[U](T t, U u)", "N.Box.Put")]
    [InlineData("N.Box`1[[System.Int32, System.Private.CoreLib]].Put[[System.Double, System.Private.CoreLib]](Int32, Double)", "N.Box.Put")]
    [InlineData("N.Box<System.Collections.Generic.List<System.Int32>>.Put<System.Double>(System.Int32)", "N.Box.Put")]
    [InlineData("N.Lambdas+<>c.<Run>b__0_0(Int32)", "N.Lambdas.<>c.<Run>b__0_0")]
    [InlineData("N.Lambdas.<>c__DisplayClass0_0.<Run>b__1()", "N.Lambdas.<>c__DisplayClass0_0.<Run>b__1")]
    [InlineData("N.Local.<Run>g__Inner|0_1(System.Int32)", "N.Local.<Run>g__Inner|0_1")]
    [InlineData("N.Async.<Third>d__3.MoveNext()", "N.Async.Third")]
    [InlineData("N.Async+<Third>d__3<System.Int32>.MoveNext()", "N.Async.Third")]
    [InlineData("N.Iterators.Numbers()+MoveNext()", "N.Iterators.Numbers")]
    [InlineData("Program.<Main>$(System.String[])", "Program.<Main>$")]
    public void NamesAreComparable(string method, string plain) => Assert.Equal(plain, MethodText.Plain(method));

    public static TheoryData<string> Kinds => [.. KnownChains.Kinds.Concat(KnownChains.Shapes).Select(chain => chain.Kind)];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void ADocumentAsItMustBeIsRight(string kind)
    {
        KnownChain known = KnownChains.Of(kind);
        Assert.Equal([], new ChainCheck().Compare(known, Document(known, 9_000), Depth(known)).Differences);
    }

    [Fact]
    public void AStackThatBeginsInTheMiddleOfARepetitionIsRight()
    {
        KnownChain known = KnownChains.Of("overflow-cycle-main");
        KnownFrame[] cycle = known.Run!.Frames;
        StackFrame[] repeated = [Frame(cycle[1]) with { Run = new StackRun(3, 3_000, false) }, Frame(cycle[2]), Frame(cycle[0]), Frame(cycle[1]), Frame(cycle[2])];
        StackDocument document = WithFrames(known, [.. repeated, .. known.Frames.Select(Frame)]);
        Assert.Equal([], new ChainCheck().Compare(known, document, 9_002).Differences);
        Assert.Contains("counted 9010", Assert.Single(new ChainCheck().Compare(known, document, 9_010).Differences));
    }

    [Fact]
    public void AnOverflowThatIsNotFoldedIsWrong()
    {
        KnownChain known = KnownChains.Of("overflow-main");
        StackDocument document = WithFrames(known, [Frame(known.Run!.Frames[0]), .. known.Frames.Select(Frame)]);
        Assert.Contains("nothing is folded", Assert.Single(new ChainCheck().Compare(known, document, 9_000).Differences));
    }

    [Fact]
    public void AFrameThatIsMissingIsWrong()
    {
        KnownChain known = KnownChains.Of("native-callback");
        StackDocument document = WithFrames(known, [.. known.Frames.SkipLast(1).Select(Frame)]);
        Assert.Contains("Program.<Main>$ is missing", Assert.Single(new ChainCheck().Compare(known, document).Differences));
    }

    [Fact]
    public void AFrameTooManyIsWrong()
    {
        KnownChain known = KnownChains.Of("native-fault");
        StackDocument document = WithFrames(known, [.. known.Frames.Select(Frame), Frame(known.Frames[1])]);
        Assert.Contains("one too many", Assert.Single(new ChainCheck().Compare(known, document).Differences));
    }

    [Fact]
    public void AMarkerThatStandsTwiceIsWrong()
    {
        KnownChain known = KnownChains.Of("native-fault");
        StackFrame marker = new() { Kind = StackFrameKind.Transition, Origin = StackFrameOrigin.Runtime, Method = "InlinedCallFrame", Sp = 0x1000 };
        StackDocument document = WithFrames(known, [marker, marker with { Sp = 0x1008 }, marker, .. known.Frames.Select(Frame)]);
        Assert.Contains("InlinedCallFrame stands 2 times", Assert.Single(new ChainCheck().Compare(known, document).Differences));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5_000.1)]
    [InlineData(double.NaN)]
    public void AWalkThatTookNoTimeOrTooLongIsWrong(double milliseconds)
    {
        KnownChain known = KnownChains.Of("native-fault");
        Assert.Contains("the walk took", Assert.Single(new ChainCheck().Compare(known, Document(known, 0) with { Milliseconds = milliseconds }).Differences));
    }

    [Fact]
    public void FramesOutOfOrderAreWrong()
    {
        KnownChain known = KnownChains.Of("native-callback");
        StackDocument document = WithFrames(known, [.. known.Frames.Select(Frame).Reverse()]);
        Assert.Equal(known.Frames.Length, new ChainCheck().Compare(known, document).Differences.Count);
    }

    [Fact]
    public void AnotherLineIsWrong()
    {
        KnownChain known = KnownChains.Of("native-fault");
        StackFrame[] frames = [.. known.Frames.Select(Frame)];
        frames[1] = frames[1] with { Line = frames[1].Line + 1 };
        Assert.Contains("Deaths.cs", Assert.Single(new ChainCheck().Compare(known, WithFrames(known, frames)).Differences));
    }

    [Fact]
    public void ALineWhereThereMustBeNoneIsWrong()
    {
        KnownChain known = KnownChains.Of("native-fault");
        Assert.Equal(2, new ChainCheck(hasLines: false).Compare(known, Document(known, 0)).Differences.Count);
    }

    [Fact]
    public void AnExceptionThatLacksAnInnerOneIsWrong()
    {
        KnownChain known = KnownChains.Of("aggregate");
        StackException whole = Exception(known.Exception!);
        StackDocument document = Document(known, 0) with { Exception = whole with { Inner = [whole.Inner[0]] } };
        Assert.Contains("number of inner exceptions", Assert.Single(new ChainCheck().Compare(known, document).Differences));
    }

    [Fact]
    public void AnotherMessageIsWrong()
    {
        KnownChain known = KnownChains.Of("inner-exceptions");
        StackException whole = Exception(known.Exception!);
        StackDocument document = Document(known, 0) with { Exception = whole with { Inner = [whole.Inner[0] with { Message = "else" }] } };
        Assert.Contains("inner 0: message", Assert.Single(new ChainCheck().Compare(known, document).Differences));
    }

    [Fact]
    public void AnArgumentThatIsNotNamedIsWrong()
    {
        KnownChain known = KnownChains.Of("generics");
        StackFrame[] frames = [.. known.Frames.Select(frame => Frame(frame with { Arguments = [] }))];
        StackDocument document = WithFrames(known, frames);
        Assert.Equal(2, new ChainCheck().Compare(known, document).Differences.Count(difference => difference.Contains("does not name", StringComparison.Ordinal)));
    }

    [Fact]
    public void AThreadThatIsMissingIsWrong()
    {
        KnownChain known = KnownChains.Of("many-threads");
        StackDocument document = Document(known, 0);
        document = document with { Threads = [.. document.Threads.SkipLast(1)] };
        Assert.Contains("waiter 999: 0 threads", Assert.Single(new ChainCheck().Compare(known, document).Differences));
    }

    [Fact]
    public void AThreadWithNeitherFramesNorReasonIsWrong()
    {
        KnownChain known = KnownChains.Of("collection");
        StackDocument document = Document(known, 0);
        StackThread silent = new() { ThreadId = 77, ManagedId = 7 };
        Assert.Contains("neither", Assert.Single(new ChainCheck().Compare(known, document with { Threads = [.. document.Threads, silent] }).Differences));
        StackThread lacking = silent with { Problem = "the runtime finds none on its stack" };
        Assert.Empty(new ChainCheck().Compare(known, document with { Threads = [.. document.Threads, lacking] }).Differences);
    }

    [Fact]
    public void TextOfTheClientIsNoWalk()
    {
        KnownChain known = KnownChains.Of("unhandled-main");
        StackDocument document = Document(known, 0) with { Source = StackSource.Client, Problem = "no DAC" };
        Assert.Equal(2, new ChainCheck().Compare(known, document).Differences.Count);
    }

    private static int Depth(KnownChain known) => known.Run is null ? 0 : known.Run.IsBeyondLimit ? 1_000_000 : 9_000 / known.Run.Frames.Length * known.Run.Frames.Length;

    private static StackDocument Document(KnownChain known, int repeated)
    {
        StackFrame[] run = known.Run is { } r ? [.. r.Frames.Select(Frame)] : [];
        if (run.Length > 0)
        {
            run[0] = run[0] with { Run = new StackRun(run.Length, repeated / run.Length, known.Run!.IsBeyondLimit) };
        }

        return WithFrames(known, [.. run, .. known.Frames.Select(Frame)]);
    }

    private static StackDocument WithFrames(KnownChain known, StackFrame[] frames)
    {
        StackException? exception = known.Exception is null ? null : Exception(known.Exception);
        StackThread crashed = new()
        {
            ThreadId = 1,
            ManagedId = 1,
            Crashed = true,
            Kinds = known.Kinds,
            Frames = frames,
            FrameCount = frames.Length,
            AtLeast = known.Run?.IsBeyondLimit == true,
            Exception = exception,
        };
        return new StackDocument
        {
            Source = StackSource.Walk,
            Milliseconds = 100,
            Runtime = new StackRuntime { Version = "10.0.0", GcMode = "workstation", Path = "/libcoreclr.so" },
            Exception = exception,
            Threads =
            [
                crashed,
                .. known.Others.Select((other, index) => new StackThread { ThreadId = index + 2, ManagedId = index + 2, ManagedName = other.Name, Frames = [.. other.Frames.Select(Frame)] }),
            ],
        };
    }

    private static StackException Exception(KnownException known) => new()
    {
        Type = known.Type,
        Message = known.Message,
        HResult = known.HResult,
        Frames = [.. known.Frames.Select(Frame)],
        Inner = [.. known.Inner.Select(Exception)],
    };

    private static StackFrame Frame(KnownFrame known)
    {
        if (known.IsNative)
        {
            return new StackFrame { Kind = StackFrameKind.Native, Origin = StackFrameOrigin.UnwindTable, Method = known.Method, Module = "/app/libdeath.so" };
        }

        (string file, int line) = SourceMarkers.Find(known.Marker!);
        string arguments = known.Arguments.Length > 0 ? $"<{string.Join(", ", known.Arguments)}>" : "";
        string prefix = known.Method.StartsWith("Program.", StringComparison.Ordinal) ? "" : "CrashHandler.Victims.Stacks.";
        return new StackFrame
        {
            Kind = StackFrameKind.Managed,
            Origin = StackFrameOrigin.Runtime,
            Method = $"{prefix}{known.Method.Replace("*", "0_0", StringComparison.Ordinal)}{arguments}()",
            Module = "/app/stackvictim.dll",
            Mvid = Guid.NewGuid(),
            Token = 0x0600_0001,
            File = $"/src/{file}",
            Line = line,
        };
    }
}
