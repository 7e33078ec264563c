namespace CrashHandler.Handler.Managed;

/// <summary>There is no managed part of the stacks; the message says why, for people.</summary>
internal sealed class NoManagedPartException(string message, Exception? cause = null) : Exception(message, cause);
