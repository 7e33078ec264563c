namespace CrashHandler.Protocol;

/// <summary>Why a handler closes a connection (protocol/README.md, "Welcome").</summary>
public enum RefusalReason : ushort
{
    /// <summary>The client speaks another version.</summary>
    Version = 1,
    /// <summary>A packet was not one whole, known frame.</summary>
    MalformedFrame = 2,
    /// <summary>The client belongs to another user.</summary>
    NotSameUser = 3,
    /// <summary>The handler has as many connections as it takes.</summary>
    TooManyConnections = 4,
    /// <summary>The handler is ending.</summary>
    ShuttingDown = 5,
}
