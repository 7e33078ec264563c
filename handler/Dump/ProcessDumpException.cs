namespace CrashHandler.Handler.Dump;

/// <summary>A process cannot be dumped. The message says why and what to do.</summary>
internal sealed class ProcessDumpException(string message, Exception? inner = null) : Exception(message, inner);
