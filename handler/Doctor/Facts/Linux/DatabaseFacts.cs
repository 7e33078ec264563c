namespace CrashHandler.Handler.Doctor.Facts;

/// <summary>The directory of the reports.</summary>
internal sealed record DatabaseFacts
{
    /// <summary>Absolute path.</summary>
    public required string Path { get; init; }

    /// <summary>Whether something is there.</summary>
    public required bool Exists { get; init; }

    public required bool IsDirectory { get; init; }

    /// <summary>Its owner; of the nearest directory above it that exists, where it does not.</summary>
    public required uint Owner { get; init; }

    /// <summary>Permissions, as chmod takes them.</summary>
    public required int Mode { get; init; }

    /// <summary>Why no file can be made in it, or it cannot be made itself; null: it can.</summary>
    public required string? WhyNotWritable { get; init; }

    /// <summary>Who asks.</summary>
    public required uint User { get; init; }
}
