namespace CrashHandler.Handler.Export;

/// <summary>A report cannot be exported: one line that says why and what to do.</summary>
internal sealed class ExportException(string message, Exception? cause = null) : Exception(message, cause);
