namespace CrashHandler.Handler.Reports;

/// <summary>What was removed from a database, and what is left.</summary>
/// <param name="Removed">What went, first things first.</param>
/// <param name="Kept">Reports and quarantine.</param>
/// <param name="HasEnded">Whether all its room is back; else it comes back when the handler that uploads has looked.</param>
internal sealed record PruneOutcome(List<Removal> Removed, List<StoredItem> Kept, bool HasEnded);
