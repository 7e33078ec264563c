namespace CrashHandler.Handler.Doctor.Facts;

/// <summary>Where handlers of this user listen.</summary>
/// <param name="Address">The pipe of the database's handler; null: there is no database yet, or not just one.</param>
/// <param name="IsElevated">Whether this process is elevated.</param>
/// <param name="Answers">What came of connecting to each pipe that there may be.</param>
internal sealed record PipeFacts(string? Address, bool IsElevated, IReadOnlyList<PipeAnswer> Answers);
