namespace CrashHandler;

/// <summary>Every limit of the client, with its unit and reason. Those of the wire are in <see cref="Protocol.ProtocolLimits"/>.</summary>
internal static class ClientLimits
{
    /// <summary>How long <c>Start</c> waits for a handler to be ready: it needs some 10 ms, an application's start must not hang on it.</summary>
    public static readonly TimeSpan Launch = TimeSpan.FromSeconds(5);

    /// <summary>How often <c>Start</c> launches when the handler it was sent to ended meanwhile (its idle exit and our connect can cross).</summary>
    public const int LaunchAttempts = 3;
}
