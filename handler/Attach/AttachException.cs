namespace CrashHandler.Handler.Attach;

/// <summary>A process cannot be attached. The message says why and what to do.</summary>
internal sealed class AttachException(string message, Exception? inner = null) : Exception(message, inner);
