namespace CrashHandler.Handler.Doctor.Facts;

/// <summary>What the database is on.</summary>
/// <param name="Path">The database.</param>
/// <param name="Kind">The volume's kind.</param>
/// <param name="IsTemporary">Whether it is below the user's temporary directory.</param>
internal sealed record VolumeFacts(string Path, DriveType Kind, bool IsTemporary);
