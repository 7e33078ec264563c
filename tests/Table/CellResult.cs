namespace CrashHandler.Tests.Table;

/// <summary>A cell with its outcome.</summary>
/// <param name="Cell">The cell.</param>
/// <param name="Verdict">The outcome.</param>
/// <param name="Why">What is wrong, or why it does not apply.</param>
internal sealed record CellResult(Cell Cell, Verdict Verdict, string Why);
