namespace CrashHandler.Handler.Doctor.Facts;

/// <summary>What the environment says to a .NET runtime of diagnostics.</summary>
/// <param name="Whose">The process it is of: <c>this process</c>, or a pid.</param>
/// <param name="Off">Names of the variables that switch the diagnostics port off.</param>
/// <param name="CreateDump">Whether the runtime writes a dump of its own when it crashes.</param>
internal sealed record DiagnosticsFacts(string Whose, IReadOnlyList<string> Off, bool CreateDump);
