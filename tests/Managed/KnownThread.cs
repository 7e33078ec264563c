namespace CrashHandler.Tests.Managed;

/// <summary>A thread that must be there beside the crashed one.</summary>
/// <param name="Name"><c>Thread.Name</c>; null: the main thread, which has none.</param>
/// <param name="Frames">The victim's frames on it, innermost first.</param>
internal sealed record KnownThread(string? Name, KnownFrame[] Frames);
