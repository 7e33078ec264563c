using CrashHandler.Handler.Posix;
using CrashHandler.Protocol;

namespace CrashHandler.Handler.Daemon;

/// <summary>One accepted connection. Its nonsense ends it and nothing else.</summary>
internal sealed partial class ClientConnection(SeqPacketSocket socket, Libc.UCred peer, PeerAccount account) : IDisposable
{
    /// <summary>The socket.</summary>
    public SeqPacketSocket Socket { get; } = socket;

    /// <summary>Who called connect().</summary>
    public Libc.UCred Peer { get; } = peer;

    /// <summary>On whose account it is: who called connect().</summary>
    public PeerAccount Account { get; } = account;

    /// <summary>What Hello said; null before it.</summary>
    public ConnectionRole? Role { get; set; }

    /// <summary>The process it belongs to; null for an inspector and before Hello.</summary>
    public Client? Client { get; set; }

    /// <summary>Ends the connection: of one that has not said Hello, and of an inspector.</summary>
    public EventLoop.Timer? Deadline { get; set; }

    /// <summary>Whether an answer is being made: the client is to wait for it before it asks again.</summary>
    public bool IsAnswering { get; set; }

    /// <summary>The rest of a list that is being asked for piece by piece.</summary>
    public IReadOnlyList<UploadedReportPayload>? Uploaded { get; set; }

    /// <summary>Sends one frame.</summary>
    /// <exception cref="SyscallException">The peer is gone or does not read.</exception>
    public void Send(FrameType type, ReadOnlySpan<byte> payload, uint request = 0) => Socket.Send(FrameHeader.Frame(type, payload, request));

    public void Dispose()
    {
        Deadline?.Cancel();
        Socket.Close();
    }
}
