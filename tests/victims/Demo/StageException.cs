namespace CrashHandler.Demo;

/// <summary>The demo did not show what it is to show: what is missing or wrong.</summary>
internal sealed class StageException(string message) : Exception(message);
