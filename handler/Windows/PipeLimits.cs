namespace CrashHandler.Handler.Posix;

/// <summary>Every limit of the pipes, with its unit and reason.</summary>
internal static class PipeLimits
{
    /// <summary>Bytes that may wait for a client that does not read: as many as a Unix socket takes by default, and a list of uploaded reports fits.</summary>
    public const int OutBytes = 256 * 1024;

    /// <summary>Bytes that may wait for this process before its clients' writes do: some frames of the longest kind.</summary>
    public const int InBytes = 256 * 1024;

    /// <summary>Bytes of a message that are read ahead of being asked for, for every connection: all that most messages have, a notice included. The rest is read when it is wanted.</summary>
    public const int ReadAheadBytes = 512;

    /// <summary>Handles that come with one message: what a client has to hand over, and no more.</summary>
    public const int MaxHandles = 3;

    /// <summary>Milliseconds that a connect waits for a free instance: the server makes one whenever it takes one, unless it is stopped.</summary>
    public const int ConnectMilliseconds = 2000;
}
