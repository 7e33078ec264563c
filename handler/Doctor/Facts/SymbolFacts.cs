namespace CrashHandler.Handler.Doctor.Facts;

/// <summary>The assemblies of a process that are not the runtime's own.</summary>
/// <param name="WithSymbols">How many have a portable PDB of their very build, beside or in them.</param>
/// <param name="Without">Names of those without.</param>
/// <param name="IsTruncated">There were more than are looked at.</param>
internal sealed record SymbolFacts(int WithSymbols, IReadOnlyList<string> Without, bool IsTruncated);
