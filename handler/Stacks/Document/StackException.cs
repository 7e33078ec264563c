namespace CrashHandler.Handler.Stacks.Document;

/// <summary>An exception object.</summary>
internal sealed record StackException
{
    /// <summary>Full name of its type.</summary>
    public required string Type { get; init; }

    /// <summary>Its message, at most <see cref="StacksLimits.MessageBytes"/>; null: it has none, or it could not be read.</summary>
    public string? Message { get; init; }

    /// <summary>Its HRESULT; null: not known.</summary>
    public int? HResult { get; init; }

    /// <summary>Where it was thrown: its own stack, innermost first.</summary>
    public IReadOnlyList<StackFrame> Frames { get; set; } = [];

    /// <summary>What it was caused by: the inner exception, of an AggregateException all of them.</summary>
    public IReadOnlyList<StackException> Inner { get; set; } = [];

    /// <summary>What is left out of it, and why; null: nothing.</summary>
    public string? Problem { get; init; }

    /// <summary>The same without any message, which may hold secrets.</summary>
    public StackException WithoutMessages() => this with { Message = null, Inner = [.. Inner.Select(inner => inner.WithoutMessages())] };
}
