namespace CrashHandler.Protocol;

/// <summary>What a connection is for (protocol/README.md, "Hello").</summary>
public enum ConnectionRole : ushort
{
    /// <summary>Requests and answers of a client.</summary>
    Control = 1,
    /// <summary>The signal shim's own: one crash notice and its dialogue.</summary>
    Crash = 2,
    /// <summary>The command line, looking at a running handler.</summary>
    Inspector = 3,
}
