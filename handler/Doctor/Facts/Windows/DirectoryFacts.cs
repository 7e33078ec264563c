namespace CrashHandler.Handler.Doctor.Facts;

/// <summary>The directory of the reports.</summary>
internal sealed record DirectoryFacts
{
    /// <summary>Absolute path.</summary>
    public required string Path { get; init; }

    /// <summary>Whether something is there.</summary>
    public required bool Exists { get; init; }

    public required bool IsDirectory { get; init; }

    /// <summary>Whose it is, in words; null: this user's, or it does not exist.</summary>
    public required string? OtherOwner { get; init; }

    /// <summary>Whether anybody but this user, the system and its administrators may change it.</summary>
    public required bool IsWritableByOthers { get; init; }

    /// <summary>Why no file can be made in it, or it cannot be made itself; null: it can.</summary>
    public required string? WhyNotWritable { get; init; }
}
