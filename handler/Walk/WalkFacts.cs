namespace CrashHandler.Handler.Walk;

/// <summary>What a walk is told beside the snapshot.</summary>
internal sealed record WalkFacts
{
    /// <summary>The process said that it is a .NET one.</summary>
    public bool IsDotNet { get; init; }

    /// <summary>The process dies.</summary>
    public bool HasCrashed { get; init; }

    /// <summary>The report is sanitized.</summary>
    public bool LeavesOutMessages { get; init; }

    /// <summary>How long the walk may take.</summary>
    public required TimeSpan Limit { get; init; }

    /// <summary>The exception that the process said would end it: full type name; null: it said of none.</summary>
    public string? ExceptionType { get; init; }

    /// <summary>Its message.</summary>
    public string? ExceptionMessage { get; init; }

    /// <summary>Its whole text.</summary>
    public string? ExceptionText { get; init; }
}
