using CrashHandler.Handler.Posix;
using CrashHandler.Tests.EndToEnd;

namespace CrashHandler.Tests.Fuzz;

/// <summary>A process whose connections to a handler this one has the use of (scripts/lend_connections.c): many clients without a process for each frame.</summary>
internal sealed class Lender : IDisposable
{
    private static int s_number;

    private readonly SeqPacketSocket _socket;
    private readonly RunningProcess _process;

    public Lender(Sandbox sandbox, string program, string handlerSocket)
    {
        string path = sandbox.PathOf($"l{Interlocked.Increment(ref s_number)}");
        using SeqPacketSocket listener = SeqPacketSocket.Listen(path, 1);
        _process = sandbox.Start(program, handlerSocket, path);
        _socket = sandbox.Until(listener.Accept, () => "the lender to connect");
        File.Delete(path);
    }

    public int Pid => _process.Pid;

    /// <summary>A new connection; null: the handler cannot be reached.</summary>
    public RawSocket? Borrow()
    {
        _socket.Send("c"u8);
        byte[] answer = new byte[1];
        ReceivedPacket packet = (_socket.WaitReadable(EndToEndLimits.Deadline) ? _socket.Receive(answer) : null) ?? throw new TimeoutException("the lender does not answer");
        return packet.Descriptors is [FileDescriptor connection] ? new RawSocket(connection) : null;
    }

    /// <summary>Has the process itself send a frame: the kernel says then that it is of it.</summary>
    public void Send(RawSocket connection, ReadOnlySpan<byte> frame)
    {
        using RawSocket self = new(RawSocket.Duplicate(_socket.Number));
        self.Send([(byte)'n', .. frame], connection.Number);
    }

    public void Dispose()
    {
        _socket.Dispose();
        _process.Finish();
        _process.Dispose();
    }
}
