namespace CrashHandler.Handler.Daemon;

/// <summary>A live handler serves this address already.</summary>
internal sealed class AddressHeldException(int processId, string address, string database)
    : DaemonException($"a handler (pid {processId}) already serves '{database}' at '{address}'; connect to it, or choose another --pipe")
{
    /// <summary>Pid of that handler.</summary>
    public int ProcessId { get; } = processId;

    /// <summary>Its socket.</summary>
    public string Address { get; } = address;
}
