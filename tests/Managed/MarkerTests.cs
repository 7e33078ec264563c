using CrashHandler.Handler.Managed;
using CrashHandler.Handler.Stacks;
using CrashHandler.Handler.Stacks.Document;
using Xunit;

namespace CrashHandler.Tests.Managed;

/// <summary>The debugging library tells of some of the runtime's markers twice.</summary>
public sealed class MarkerTests
{
    private static readonly ManagedFrame s_inner = Frame(StackFrameKind.Transition, 0x1000);
    private static readonly ManagedFrame s_outer = Frame(StackFrameKind.Transition, 0x2000);
    private static readonly ManagedFrame s_method = Frame(StackFrameKind.Managed, 0x1000);

    [Fact]
    public void AMarkerThatIsToldTwiceStandsOnce()
        => Assert.Equal([s_inner, s_method, s_outer, s_method], ManagedWalk.WithoutDoubles([s_inner, s_inner with { }, s_method, s_outer, s_outer with { }, s_method]));

    [Fact]
    public void MarkersInTwoPlacesAreTwo() => Assert.Equal([s_inner, s_outer], ManagedWalk.WithoutDoubles([s_inner, s_outer]));

    [Fact]
    public void MethodsAreNoMarkers() => Assert.Equal([s_inner, s_method, s_method], ManagedWalk.WithoutDoubles([s_inner, s_method, s_method]));

    [Fact]
    public void NothingIsNothing() => Assert.Empty(ManagedWalk.WithoutDoubles([]));

    private static ManagedFrame Frame(StackFrameKind kind, ulong pointer) => new(new StackFrame { Kind = kind, Origin = StackFrameOrigin.Runtime, Sp = pointer }, null);
}
