namespace CrashHandler.Tests.Contract;

/// <summary>One of the cases of Electron's own test suites.</summary>
/// <param name="Number"><c>8-..</c>: of the suite of version 8; <c>N-..</c>: of the newest.</param>
/// <param name="Kind">What became of it.</param>
/// <param name="Text">What holds here; for one that is not applicable, what holds there.</param>
/// <param name="Decisions">What changes a twin.</param>
/// <param name="Why">Why it is not applicable.</param>
internal sealed record Case(string Number, CaseKind Kind, string Text, IReadOnlyList<Decision> Decisions, string? Why);
