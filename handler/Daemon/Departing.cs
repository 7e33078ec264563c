namespace CrashHandler.Handler.Daemon;

/// <summary>A client whose connections are gone.</summary>
/// <param name="client">Who.</param>
/// <param name="isEnding">Whether they are because its process ends; else it goes on without them.</param>
internal sealed class Departing(Client client, bool isEnding)
{
    public Client Client { get; } = client;

    public bool IsEnding { get; } = isEnding;

    /// <summary>Ends the wait.</summary>
    public EventLoop.Timer? Limit { get; set; }

    /// <summary>It is dead, and how it died is told when its parent has reaped it.</summary>
    public bool AwaitsReaping { get; set; }
}
