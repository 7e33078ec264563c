namespace CrashHandler.Handler.Minidump;

/// <summary>Something the writer of a minidump could not read or had to cut.</summary>
/// <param name="Json">The element of the stream's array, in a form that is safe to print.</param>
/// <param name="Text">The same for people.</param>
internal sealed record DumpSoftError(string Json, string Text);
