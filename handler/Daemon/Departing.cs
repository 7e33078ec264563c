namespace CrashHandler.Handler.Daemon;

/// <summary>A client whose connections are gone because its process ends.</summary>
internal sealed class Departing(Client client)
{
    public Client Client { get; } = client;

    /// <summary>Ends the wait.</summary>
    public EventLoop.Timer? Limit { get; set; }

    /// <summary>It is dead, and how it died is told when its parent has reaped it.</summary>
    public bool AwaitsReaping { get; set; }
}
