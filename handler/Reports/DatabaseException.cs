namespace CrashHandler.Handler.Reports;

/// <summary>The database cannot do what was asked: one line that says why and what to do.</summary>
internal sealed class DatabaseException(string message, Exception? cause = null) : Exception(message, cause);
