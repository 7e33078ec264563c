namespace CrashHandler;

/// <summary>
/// A Start that an operator asked for, by the startup hook and its environment variables, and not the application. Such a one must do without what an
/// application has to say, and fails nobody's program.
/// </summary>
/// <param name="TakesInherited">Whether the handler that is inherited is taken whatever its URL and directory: <c>exec</c> started it for the whole tree.</param>
/// <param name="NotTaken">Variables that were not taken, each with its reason.</param>
internal sealed record OperatorStart(bool TakesInherited, IReadOnlyList<string> NotTaken);
