namespace CrashHandler.Handler.Collector;

/// <summary>Every limit of the collector, with its unit and reason.</summary>
internal static class CollectorLimits
{
    /// <summary>Bytes of a request's line and headers: what common servers take.</summary>
    public const int MaxHeadBytes = 32_768;

    /// <summary>Bytes of a body: Socorro's front end answers 413 above it.</summary>
    public const int MaxBodyBytes = 25 << 20;

    /// <summary>Bytes read at once of what a refused client still sends: what a socket's buffer gives.</summary>
    public const int DrainBytes = 65_536;

    /// <summary>From connect to the whole request: a slow client must not hold a connection for ever.</summary>
    public static readonly TimeSpan Request = TimeSpan.FromSeconds(60);

    /// <summary>What <c>slow</c> waits: as long as Socorro's collector does when its storage fails.</summary>
    public static readonly TimeSpan SlowAnswer = TimeSpan.FromSeconds(10);

    /// <summary>Seconds of a played Retry-After: to be waited for in a trial.</summary>
    public const int RetryAfterSeconds = 2;

    /// <summary>Bytes that a cut answer announces beyond what it sends.</summary>
    public const int CutBytes = 100;

    /// <summary>Characters of a field name: Socorro's sanitised names are shorter still.</summary>
    public const int MaxNameCharacters = 255;
}
