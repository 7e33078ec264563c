namespace CrashHandler.Handler.Stacks.Document;

/// <summary>One thread's stack.</summary>
internal sealed record StackThread
{
    /// <summary>Tid as the process sees it.</summary>
    public required int ThreadId { get; init; }

    /// <summary>The kernel's name of it, or empty.</summary>
    public string Name { get; set; } = "";

    /// <summary>Whether it is the one that crashed.</summary>
    public bool Crashed { get; init; }

    /// <summary><c>Thread.ManagedThreadId</c>; null: the runtime does not know the thread.</summary>
    public int? ManagedId { get; init; }

    /// <summary><c>Thread.Name</c>; null: it has none.</summary>
    public string? ManagedName { get; init; }

    /// <summary>What it is to the runtime: <c>background</c>, <c>threadpool</c>, <c>finalizer</c>, <c>gc</c>.</summary>
    public IReadOnlyList<string> Kinds { get; set; } = [];

    /// <summary>Why it has no managed frames; null: it has, or there is no runtime.</summary>
    public string? Problem { get; init; }

    /// <summary>The exception that the runtime holds for it; null: none.</summary>
    public StackException? Exception { get; init; }

    /// <summary>The frames, innermost first, repetitions folded (<see cref="StackFrame.Run"/>), at most <see cref="StacksLimits.KeptFrames"/>.</summary>
    public IReadOnlyList<StackFrame> Frames { get; set; } = [];

    /// <summary>How many frames there are before folding; with <see cref="AtLeast"/>, there are more.</summary>
    public int FrameCount { get; init; }

    /// <summary>The stack is deeper than what was read.</summary>
    public bool AtLeast { get; init; }

    /// <summary>Frames that were read and are left out, counted as <see cref="FrameCount"/> counts them.</summary>
    public int LeftOut { get; init; }

    /// <summary>Where they are left out: before this element of <see cref="Frames"/>, which may be behind the last one; null: none are.</summary>
    public int? LeftOutAt { get; init; }
}
