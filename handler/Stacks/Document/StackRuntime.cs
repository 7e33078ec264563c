namespace CrashHandler.Handler.Stacks.Document;

/// <summary>The .NET runtime of a process.</summary>
internal sealed record StackRuntime
{
    /// <summary>Such as <c>10.0.12</c>; empty: not known.</summary>
    public required string Version { get; init; }

    /// <summary><c>workstation</c> or <c>server</c>; null: not known.</summary>
    public string? GcMode { get; init; }

    /// <summary>Whether a garbage collection was under way: objects may have been on the move.</summary>
    public bool InCollection { get; init; }

    /// <summary>Absolute path of its library, as the process sees it.</summary>
    public required string Path { get; init; }
}
