namespace CrashHandler.Handler.Daemon;

/// <summary>The handler cannot run: one line that says why and what to do.</summary>
internal class DaemonException(string message, Exception? cause = null) : Exception(message, cause);
