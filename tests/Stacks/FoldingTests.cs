using CrashHandler.Handler.Stacks;
using CrashHandler.Handler.Stacks.Document;
using Xunit;
using Stopwatch = System.Diagnostics.Stopwatch;

namespace CrashHandler.Tests.Stacks;

public sealed class FoldingTests
{
    private static readonly StackThread s_thread = new() { ThreadId = 71, Crashed = true, Name = "worker" };

    /// <summary>One letter a method; <c>(AB)3</c> is a run, <c>+</c> says that it goes on.</summary>
    [Theory]
    [InlineData("", "")]
    [InlineData("A", "A")]
    [InlineData("AA", "AA")]
    [InlineData("ABAB", "ABAB")]
    [InlineData("AAA", "(A)3")]
    [InlineData("XAAAAM", "X(A)4M")]
    [InlineData("ABABABM", "(AB)3M")]
    [InlineData("ABABABAM", "(AB)3AM")]
    [InlineData("XABCABCABCABCM", "X(ABC)4M")]
    [InlineData("AABAABAABM", "(AAB)3M")]
    [InlineData("AAABAAABAAABM", "(AAAB)3M")]
    [InlineData("AAAAAAAAAAAAB", "(A)12B")]
    [InlineData("AAAABBBBCDCDCD", "(A)4(B)4(CD)3")]
    [InlineData("ABCDEFGHIJKLMNOPABCDEFGHIJKLMNOPABCDEFGHIJKLMNOP", "(ABCDEFGHIJKLMNOP)3")]
    [InlineData("ABCDEFGHIJKLMNOPQABCDEFGHIJKLMNOPQABCDEFGHIJKLMNOPQ", "ABCDEFGHIJKLMNOPQABCDEFGHIJKLMNOPQABCDEFGHIJKLMNOPQ")]
    public void RepetitionsStandOnce(string frames, string expected) => Assert.Equal(expected, Show(Fold(frames, atLeast: false)));

    [Theory]
    [InlineData("XAAAA", "X(A)4+")]
    [InlineData("XABABAB", "X(AB)3+")]
    [InlineData("XABABABA", "X(AB)3+A")]
    [InlineData("AAAM", "(A)3M")]
    public void ARunThatReachesTheEndOfWhatWasReadGoesOn(string frames, string expected)
    {
        StackThread thread = Fold(frames, atLeast: true);
        Assert.Equal(expected, Show(thread));
        Assert.True(thread.AtLeast);
        Assert.Equal(frames.Length, thread.FrameCount);
    }

    [Fact]
    public void WhatTheThreadIsStays()
    {
        StackThread thread = Fold("AAAB", atLeast: false);
        Assert.Equal((71, true, "worker", 4, 0, (int?)null), (thread.ThreadId, thread.Crashed, thread.Name, thread.FrameCount, thread.LeftOut, thread.LeftOutAt));
        Assert.False(thread.AtLeast);
    }

    [Fact]
    public void FramesWithoutNamesAreTheSameOnlyAtTheSamePlace()
    {
        StackFrame[] elsewhere = [.. Enumerable.Range(0, 4).Select(at => SampleStack.Frame("libx.so!", at))];
        Assert.All(StackFolding.Fold(s_thread, elsewhere, atLeast: false).Frames, frame => Assert.Null(frame.Run));
        StackFrame[] same = [.. Enumerable.Repeat(SampleStack.Frame("libx.so!"), 4)];
        Assert.Equal(new StackRun(1, 4, AtLeast: false), Assert.Single(StackFolding.Fold(s_thread, same, atLeast: false).Frames).Run);
    }

    [Fact]
    public void OverloadsAreDifferentMethods()
    {
        StackFrame frame = SampleStack.Frame("P.M()") with { Token = 0x06000001 };
        StackFrame[] frames = [frame, frame with { Token = 0x06000002 }, frame with { Token = 0x06000003 }];
        Assert.Equal(3, StackFolding.Fold(s_thread, frames, atLeast: false).Frames.Count);
    }

    [Fact]
    public void BothEndsOfADeepStackAreKept()
    {
        StackFrame[] frames = [.. Enumerable.Range(0, 1000).Select(at => SampleStack.Frame($"P.M{at}()", at))];
        StackThread thread = StackFolding.Fold(s_thread, frames, atLeast: false);
        Assert.Equal(StacksLimits.KeptFrames, thread.Frames.Count);
        Assert.Equal((1000, 744, 240), (thread.FrameCount, thread.LeftOut, thread.LeftOutAt));
        Assert.Equal(("P.M0()", "P.M239()", "P.M984()", "P.M999()"), (thread.Frames[0].Method, thread.Frames[239].Method, thread.Frames[240].Method, thread.Frames[255].Method));
    }

    [Fact]
    public void OfAStackThatGoesOnTheInnerEndIsKept()
    {
        StackFrame[] frames = [.. Enumerable.Range(0, 1000).Select(at => SampleStack.Frame($"P.M{at}()", at))];
        StackThread thread = StackFolding.Fold(s_thread, frames, atLeast: true);
        Assert.Equal((256, "P.M255()", 744, (int?)256), (thread.Frames.Count, thread.Frames[^1].Method, thread.LeftOut, thread.LeftOutAt));
    }

    [Fact]
    public void WhateverTheStackItsFramesAreCountedAndTheirOrderIsKept()
    {
        Random random = new(6);
        for (int round = 0; round < 500; round++)
        {
            int letters = random.Next(1, 5);
            string text = string.Concat(Enumerable.Range(0, random.Next(1500)).Select(_ => (char)('A' + (random.Next(8) == 0 ? random.Next(20) : random.Next(letters)))));
            StackThread thread = Fold(text, atLeast: round % 2 == 0);
            Assert.InRange(thread.Frames.Count, text.Length > 0 ? 1 : 0, StacksLimits.KeptFrames);
            string unfolded = Unfold(thread);
            Assert.Equal(text.Length, unfolded.Length + thread.LeftOut);
            Assert.StartsWith(unfolded[..Unfold(thread, upTo: thread.LeftOutAt ?? thread.Frames.Count).Length], text, StringComparison.Ordinal);
            Assert.EndsWith(thread.LeftOut > 0 ? Unfold(thread, from: thread.LeftOutAt!.Value) : unfolded, text, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(10_000)]
    public void TenThousandFramesTakeMilliseconds(int period)
    {
        StackFrame[] cycle = [.. Enumerable.Range(0, Math.Min(period, 2000)).Select(at => SampleStack.Frame($"P.M{at}()", at))];
        StackFrame[] frames = [.. Enumerable.Range(0, StacksLimits.ReadFrames).Select(at => cycle[at % cycle.Length])];
        long start = Stopwatch.GetTimestamp();
        StackThread thread = StackFolding.Fold(s_thread, frames, atLeast: true);
        // Far above what it takes, far below what a comparison of each with each would.
        Assert.InRange(Stopwatch.GetElapsedTime(start), TimeSpan.Zero, TimeSpan.FromSeconds(1));
        Assert.Equal(period <= StacksLimits.LongestRun, thread.LeftOut == 0);
    }

    private static StackThread Fold(string letters, bool atLeast)
        => StackFolding.Fold(s_thread, [.. letters.Select((letter, at) => SampleStack.Frame($"P.{letter}()", at))], atLeast);

    private static char Letter(StackFrame frame) => frame.Method![2];

    private static string Unfold(StackThread thread, int from = 0, int? upTo = null)
    {
        string text = "";
        for (int i = from; i < (upTo ?? thread.Frames.Count); i += thread.Frames[i].Run?.Length ?? 1)
        {
            StackRun run = thread.Frames[i].Run ?? new StackRun(1, 1, AtLeast: false);
            text += string.Concat(Enumerable.Repeat(string.Concat(thread.Frames.Skip(i).Take(run.Length).Select(Letter)), run.Times));
        }

        return text;
    }

    private static string Show(StackThread thread)
    {
        string text = "";
        for (int i = 0; i < thread.Frames.Count;)
        {
            int length = thread.Frames[i].Run?.Length ?? 1;
            string letters = string.Concat(thread.Frames.Skip(i).Take(length).Select(Letter));
            text += thread.Frames[i].Run is { } run ? $"({letters}){run.Times}{(run.AtLeast ? "+" : "")}" : letters;
            i += length;
        }

        return text;
    }
}
