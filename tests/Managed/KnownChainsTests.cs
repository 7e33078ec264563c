using System.Text.RegularExpressions;
using CrashHandler.Handler.Stacks.Document;
using CrashHandler.Tests.EndToEnd;
using Xunit;

namespace CrashHandler.Tests.Managed;

/// <summary>What is known of the victim is right: where the runtime prints the stack that it dies on, it is the same, method by method and line by line.</summary>
public sealed class KnownChainsTests
{
    public static TheoryData<string, string> Printed => [.. from framework in new[] { "net8.0", "net10.0" }
        from chain in KnownChains.Kinds.Concat(KnownChains.Shapes)
        where chain.IsPrinted
        select (framework, chain.Kind)];

    [Theory]
    [MemberData(nameof(Printed))]
    public void TheRuntimePrintsTheSame(string framework, string kind)
    {
        KnownChain known = KnownChains.Of(kind);
        using Sandbox sandbox = new(Identities.Own);
        ProcessResult end = StackVictim.RunBare(sandbox, known, StackVictim.Folder(framework));
        (string Method, string? File, int Line)[] printed = PrintedStacks.Of(end.Error);

        // Of an exception the innermost one comes first; of a repetition a part of it may come before and after.
        KnownFrame[] expected = known.Exception is { } exception ? [.. Flatten(exception)] : known.Frames;
        if (known.Run is { } run)
        {
            Assert.All(printed[..^expected.Length], frame => Assert.Contains(run.Frames, repeated => IsMethod(repeated, frame.Method)));
            printed = printed[^expected.Length..];
        }

        Assert.True(expected.Length == printed.Length, end.Error);
        Assert.All(expected.Zip(printed), pair =>
        {
            Assert.True(IsMethod(pair.First, pair.Second.Method), $"{pair.Second.Method} instead of {pair.First.Method}");
            if (known.Exception is not null)
            {
                (string file, int line) = SourceMarkers.Find(pair.First.Marker!);
                Assert.EndsWith('/' + file, pair.Second.File);
                Assert.Equal((pair.First.Method, line), (pair.First.Method, pair.Second.Line));
            }
        });
    }

    [Fact]
    public void EveryKindIsOnce()
    {
        string[] kinds = [.. KnownChains.Kinds.Concat(KnownChains.Shapes).Select(chain => chain.Kind)];
        Assert.Equal(13, KnownChains.Kinds.Length);
        Assert.Equal(kinds, kinds.Distinct());
        string scenes = File.ReadAllText(Path.Combine(TestPrograms.RepositoryRoot(), SourceMarkers.Folder, "Scenes.cs"));
        Assert.Equal(Regex.Matches(scenes, "^ +\"([a-z-]+)\" =>", RegexOptions.Multiline).Select(match => match.Groups[1].Value).Order(), kinds.Append("two-at-once").Order());
    }

    // In the order of an exception's text: for a chain of causes the first cause first, for several the outer one's own stack after the first of them.
    private static IEnumerable<KnownFrame> Flatten(KnownException exception)
        => [.. exception.Inner.Take(1).SelectMany(Flatten), .. exception.Frames, .. exception.Inner.Skip(1).SelectMany(Flatten)];

    private static bool IsMethod(KnownFrame known, string method)
        => ChainCheck.IsMethod(known, new StackFrame { Kind = StackFrameKind.Managed, Origin = StackFrameOrigin.Runtime, Method = method });
}
