using CrashHandler.Handler.Stacks;
using CrashHandler.Handler.Stacks.Document;

namespace CrashHandler.Handler.Managed;

/// <summary>What the runtime says of a thread.</summary>
internal sealed record ManagedThread
{
    /// <summary><c>Thread.ManagedThreadId</c>; null: the runtime does not know the thread.</summary>
    public int? ManagedId { get; init; }

    /// <summary><c>Thread.Name</c>; null: it has none.</summary>
    public string? Name { get; init; }

    /// <summary>As <see cref="StackThread.Kinds"/>.</summary>
    public IReadOnlyList<string> Kinds { get; init; } = [];

    /// <summary>Why there are no managed frames; null: there are, or it is none of the runtime's threads.</summary>
    public string? Problem { get; init; }

    /// <summary>The last exception that was thrown on it; it may be caught long since.</summary>
    public StackException? Exception { get; init; }

    /// <summary>That exception is on its way: the frame that threw it is still on the stack.</summary>
    public bool IsExceptionInFlight { get; init; }

    /// <summary>Its frames, innermost first.</summary>
    public IReadOnlyList<ManagedFrame> Frames { get; init; } = [];

    /// <summary>There are more.</summary>
    public bool AtLeast { get; init; }
}
