namespace CrashHandler;

/// <summary>
/// What <see cref="CrashReporter.Start"/> achieved. Start never throws because something of ours is missing: the application goes on, and this
/// says what works and what does not.
/// </summary>
public sealed record StartResult
{
    /// <summary>Whether a crash of this process will be reported.</summary>
    public bool IsRunning { get; init; }

    /// <summary>Pid of the handler this process registered with; 0 without one.</summary>
    public int HandlerProcessId { get; init; }

    /// <summary>The stages and hooks in place: <c>stage 1</c>, <c>stage 2</c>, <c>signals</c>, <c>sigaction</c>, <c>abort</c>, <c>fork</c>; on Windows <c>stage 2</c>, <c>faults</c>, <c>ends</c>.</summary>
    public IReadOnlyList<string> Hooks { get; init; } = [];

    /// <summary>What does not work, each with its reason and what to do. Empty when all is well.</summary>
    public IReadOnlyList<string> Degraded { get; init; } = [];

    /// <summary>Options that were not taken, each with its reason.</summary>
    public IReadOnlyList<string> Ignored { get; init; } = [];

    /// <summary>Null where this platform is supported; else why it is not. Nothing was started then.</summary>
    public string? Unsupported { get; init; }
}
