using System.Text;
using CrashHandler.Handler.Posix;
using CrashHandler.Protocol;

namespace CrashHandler.Handler.Daemon;

/// <summary>A connection of the command line to a running handler: one request, its answers.</summary>
internal sealed class HandlerQuery : IDisposable
{
    private readonly SeqPacketSocket _socket;
    private readonly byte[] _buffer = new byte[FrameHeader.Size + ProtocolLimits.MaxPayloadBytes];

    private HandlerQuery(SeqPacketSocket socket, Welcome welcome)
    {
        _socket = socket;
        Welcome = welcome;
    }

    /// <summary>What the handler said of itself.</summary>
    public Welcome Welcome { get; private set; }

    /// <summary>Connects as an inspector.</summary>
    /// <exception cref="SyscallException">Nobody listens there.</exception>
    /// <exception cref="DaemonException">The handler refused, did not answer in time, or closed.</exception>
    /// <exception cref="MalformedFrameException">Its answer is none.</exception>
    public static HandlerQuery Open(string address)
    {
        SeqPacketSocket socket = SeqPacketSocket.Connect(address);
        try
        {
            socket.SetReceiveLimit(DaemonLimits.InspectorAnswer);
            HandlerQuery query = new(socket, new Welcome(0, Guid.Empty, "", null, ""));
            socket.Send(FrameHeader.Frame(
                FrameType.Hello, new HelloPayload(ConnectionRole.Inspector, Hooks.None, Environment.ProcessId, Environment.ProcessId).ToBytes()));
            FrameHeader header = query.Receive(out byte[] payload);
            query.Welcome = header.Type == FrameType.Welcome ? Welcome.Parse(payload) : throw Refused(address, header.Type, payload);
            return query;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>The welcome of a live handler, or null when none answers there.</summary>
    public static Welcome? TryWelcome(string address)
    {
        try
        {
            using HandlerQuery query = Open(address);
            return query.Welcome;
        }
        catch (Exception nobody) when (nobody is SyscallException or DaemonException or MalformedFrameException)
        {
            return null;
        }
    }

    /// <summary>The handler's state as JSON, see handler/README.md.</summary>
    /// <exception cref="DaemonException">The handler closed or did not answer in time.</exception>
    public byte[] GetStatus()
    {
        _socket.Send(FrameHeader.Frame(FrameType.GetStatus, [], request: 1));
        using MemoryStream document = new();
        while (true)
        {
            FrameHeader header = Receive(out byte[] payload);
            switch (header.Type)
            {
                case FrameType.StatusChunk:
                    document.Write(payload);
                    break;
                case FrameType.Done:
                    return document.ToArray();
                default:
                    throw Refused("the handler", header.Type, payload);
            }
        }
    }

    public void Dispose() => _socket.Dispose();

    private static DaemonException Refused(string who, FrameType type, byte[] payload)
        => new($"{who} answered {type}: {Encoding.UTF8.GetString(type == FrameType.Refusal && payload.Length >= 2 ? payload.AsSpan(2) : payload)}");

    private FrameHeader Receive(out byte[] payload)
    {
        ReceivedPacket? packet = _socket.Receive(_buffer);
        if (packet is null || packet.Length == 0)
        {
            throw new DaemonException(packet is null ? "the handler did not answer in time" : "the handler closed the connection");
        }

        FrameHeader header = FrameHeader.Parse(_buffer.AsSpan(0, packet.Length), out ReadOnlySpan<byte> span);
        payload = span.ToArray();
        return header;
    }
}
