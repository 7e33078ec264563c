using CrashHandler.Protocol;

namespace CrashHandler.Handler.Daemon;

/// <summary>What is said of each <see cref="ConnectionEnd"/>.</summary>
internal static class ConnectionEnds
{
    /// <summary>How many there are.</summary>
    public const int Count = (int)ConnectionEnd.Fault + 1;

    /// <summary>Its name in <c>status --json</c>.</summary>
    public static string NameOf(ConnectionEnd end) => end switch
    {
        ConnectionEnd.Version => "version",
        ConnectionEnd.Malformed => "malformed",
        ConnectionEnd.OtherUser => "otherUser",
        ConnectionEnd.TooMany => "tooMany",
        ConnectionEnd.Silent => "silent",
        ConnectionEnd.Unread => "unread",
        _ => "fault",
    };

    /// <summary>As people read it, behind a number.</summary>
    public static string TextOf(ConnectionEnd end) => end switch
    {
        ConnectionEnd.Version => "of another version",
        ConnectionEnd.Malformed => "malformed",
        ConnectionEnd.OtherUser => "of another user",
        ConnectionEnd.TooMany => "too many",
        ConnectionEnd.Silent => "silent",
        ConnectionEnd.Unread => "not reading",
        _ => "by a fault of the handler",
    };

    /// <summary>What the peer is told; null: nothing, for it does not read, or has done nothing.</summary>
    public static RefusalReason? ToldAs(ConnectionEnd end) => end switch
    {
        ConnectionEnd.Version => RefusalReason.Version,
        ConnectionEnd.OtherUser => RefusalReason.NotSameUser,
        ConnectionEnd.TooMany => RefusalReason.TooManyConnections,
        ConnectionEnd.Malformed or ConnectionEnd.Silent => RefusalReason.MalformedFrame,
        _ => null,
    };
}
