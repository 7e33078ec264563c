using CrashHandler.Handler.Stacks.Document;
using CrashHandler.Tests.EndToEnd;
using CrashHandler.Tests.Table;
using Xunit;

namespace CrashHandler.Tests.Managed;

/// <summary>The .NET side of every death, from outside: the victim's stacks and exceptions as its source has them.</summary>
public sealed class ManagedStacksTests
{
    private const string Current = "net10.0";
    private const string Fault = "death_fault";
    private const string ServerCollector = "DOTNET_gcServer=1";

    /// <summary>The 13 kinds by both stages on the current runtime, and by one on each of the others; the shapes by one.</summary>
    public static TheoryData<string, string, string> Deaths =>
    [
        .. from chain in KnownChains.Kinds from way in new[] { Way.Start, Way.Exec } select (chain.Kind, $"{way}", Current),
        .. from chain in KnownChains.Kinds from framework in new[] { "net8.0", "net9.0" } select (chain.Kind, $"{Way.Start}", framework),
        .. from chain in KnownChains.Shapes select (chain.Kind, $"{(chain.Run is null ? Way.Start : Way.Exec)}", Current),
        .. from kind in new[] { "overflow-cycle-main", "overflow-cycle-thread" } select (kind, $"{Way.Start}", Current),
        .. from kind in new[] { "async", "aggregate", "rethrow", "generics" } from framework in new[] { "net8.0", "net9.0" } select (kind, $"{Way.Start}", framework),
    ];

    [Theory]
    [MemberData(nameof(Deaths))]
    public void StacksAreThoseOfTheSource(string kind, string way, string framework)
    {
        KnownChain known = KnownChains.Of(kind);
        using Sandbox sandbox = new(Identities.Own);
        StackVictimReport seen = StackVictim.Run(sandbox, kind, Enum.Parse<Way>(way), StackVictim.Folder(framework), known.Sent, known.Environment);
        NoDifferences(new ChainCheck().Compare(known, seen.Document, seen.Depth));
        Assert.StartsWith(framework["net".Length..].Split('.')[0] + ".", seen.Document.Runtime!.Version);
        Assert.Equal("workstation", seen.Document.Runtime.GcMode);
    }

    [Theory]
    [InlineData("native-fault")]
    [InlineData("inner-exceptions")]
    [InlineData("collection")]
    public void TheServersCollectorIsSeen(string kind)
    {
        KnownChain known = KnownChains.Of(kind);
        using Sandbox sandbox = new(Identities.Own);
        StackVictimReport seen = StackVictim.Run(sandbox, kind, Way.Start, StackVictim.Folder(Current), known.Sent, [ServerCollector, .. known.Environment]);
        NoDifferences(new ChainCheck().Compare(known, seen.Document));
        Assert.Equal("server", seen.Document.Runtime!.GcMode);
    }

    [Theory]
    [InlineData(nameof(Way.Start))]
    [InlineData(nameof(Way.Exec))]
    public void TwoThatDieAtOnceAreOneReportWithBothStacks(string way)
    {
        using Sandbox sandbox = new(Identities.Own);
        StackVictimReport seen = StackVictim.Run(sandbox, "two-at-once", Enum.Parse<Way>(way), StackVictim.Folder(Current));
        Assert.Contains(seen.Document.Threads[0].ManagedName, KnownChains.TwoAtOnce.Select(thread => thread.Name));
        Assert.Equal(Fault, seen.Document.Threads[0].Frames[0].Method);
        // The other one may be about to fault, or wait in the signal's handler above its own fault.
        NoDifferences(new ChainCheck().Others(KnownChains.TwoAtOnce, seen.Document with { Threads = [.. seen.Document.Threads.Select(WithoutFault)] }));
    }

    [Fact]
    public void WithoutAPdbThereAreNoLines()
    {
        using Sandbox sandbox = new(Identities.Own);
        string folder = StackVictim.Copy(sandbox, Current);
        File.Delete(Path.Combine(folder, StackVictim.Pdb));
        StackVictimReport seen = StackVictim.Run(sandbox, "inner-exceptions", Way.Start, folder);
        NoDifferences(new ChainCheck(hasLines: false).Compare(KnownChains.Of("inner-exceptions"), seen.Document));
    }

    [Fact]
    public void APdbOfAnotherBuildGivesNoLines()
    {
        using Sandbox sandbox = new(Identities.Own);
        string folder = StackVictim.Copy(sandbox, Current);
        File.Copy(Path.Combine(StackVictim.Folder("net8.0"), StackVictim.Pdb), Path.Combine(folder, StackVictim.Pdb), overwrite: true);
        StackVictimReport seen = StackVictim.Run(sandbox, "inner-exceptions", Way.Start, folder);
        NoDifferences(new ChainCheck(hasLines: false).Compare(KnownChains.Of("inner-exceptions"), seen.Document));
        Assert.Contains(seen.Document.Problems, problem => problem.Contains(StackVictim.Assembly, StringComparison.Ordinal) && problem.Contains("another build", StringComparison.Ordinal));
    }

    [Fact]
    public void AnUnprivilegedUsersProcessIsNoDifferent()
    {
        using Sandbox sandbox = new(Identities.User);
        StackVictimReport seen = StackVictim.Run(sandbox, "native-callback", Way.Start, StackVictim.Copy(sandbox, Current));
        NoDifferences(new ChainCheck().Compare(KnownChains.Of("native-callback"), seen.Document));
    }

    [Fact]
    public void BelowTheVictimsFramesAreThoseOfTheRuntimeAndTheLibraries()
    {
        using Sandbox sandbox = new(Identities.Own);
        StackVictimReport seen = StackVictim.Run(sandbox, "native-callback", Way.Exec, StackVictim.Folder(Current));
        IReadOnlyList<StackFrame> frames = seen.Document.Threads[0].Frames;
        int outermost = frames.ToList().FindLastIndex(frame => frame.Kind == StackFrameKind.Managed);
        string[] modules = [.. frames.Skip(outermost + 1).Select(frame => Path.GetFileName(frame.Module ?? ""))];
        Assert.Contains("libcoreclr.so", modules);
        Assert.Contains("libc.so.6", modules);
        // The runtime's markers lie within their frames.
        ulong[] pointers = [.. frames.Where(frame => frame.Kind != StackFrameKind.Transition).Select(frame => frame.Sp)];
        Assert.Equal(pointers.Order(), pointers);
    }

    private static StackThread WithoutFault(StackThread thread) => thread with { Frames = [.. thread.Frames.Where(frame => frame.Method != Fault)] };

    private static void NoDifferences(ChainCheck check) => Assert.True(check.Differences.Count == 0, string.Join('\n', check.Differences));
}
