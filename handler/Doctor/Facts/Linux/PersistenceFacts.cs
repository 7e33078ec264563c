namespace CrashHandler.Handler.Doctor.Facts;

/// <summary>How long what is written to the database stays there.</summary>
/// <param name="Path">The database.</param>
/// <param name="FileSystem">statfs's magic number.</param>
/// <param name="EmptiedBy">What empties its directory: a line of tmpfiles.d; null: nothing that is known.</param>
internal sealed record PersistenceFacts(string Path, long FileSystem, string? EmptiedBy);
