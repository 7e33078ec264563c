namespace CrashHandler.Handler.Export;

/// <summary>A report is exported.</summary>
/// <param name="Files">What is in the file, in its order, the README not among them.</param>
/// <param name="LeftOut">What belongs to the report and is not, each with its reason.</param>
internal sealed record ExportOutcome(IReadOnlyList<ExportedFile> Files, IReadOnlyList<string> LeftOut);
