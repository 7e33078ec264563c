namespace CrashHandler.Launch;

/// <summary>No handler can be had: why, and what to do. <c>Start</c> puts it into its result.</summary>
internal sealed class HandlerUnavailableException(string message) : Exception(message);
