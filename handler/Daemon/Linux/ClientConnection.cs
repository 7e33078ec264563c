namespace CrashHandler.Handler.Daemon;

/// <summary>What of a connection is Linux's: a process may have to be asked for its memory.</summary>
internal sealed partial class ClientConnection
{
    /// <summary>What the process was asked for on it; null: nothing.</summary>
    public HandOverRequest? HandOver { get; set; }
}
