namespace CrashHandler.Handler.Cli;

/// <summary>The command line asks for something that makes no sense: one line that says what, and exit code 2.</summary>
internal sealed class UsageException(string message) : Exception(message);
