namespace CrashHandler.Protocol;

/// <summary>The other side sent bytes that protocol/README.md does not allow. It ends that connection and nothing else.</summary>
public sealed class MalformedFrameException(string message) : Exception(message);
