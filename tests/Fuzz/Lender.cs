using CrashHandler.Handler.Posix;
using CrashHandler.Tests.EndToEnd;

namespace CrashHandler.Tests.Fuzz;

/// <summary>A process whose connections to a handler this one has the use of (scripts/lend_connections.c): many clients without a process for each frame.</summary>
internal sealed class Lender : IDisposable
{
    private static int s_number;

    private readonly Sandbox _sandbox;
    private readonly SeqPacketSocket _socket;
    private readonly RunningProcess _process;

    public Lender(Sandbox sandbox, string program, string handlerSocket)
    {
        _sandbox = sandbox;
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

    /// <summary>Sends it a signal, and sees it dead or stopped.</summary>
    public void Signal(int signal, char state)
    {
        _ = Libc.kill(Pid, signal);
        _sandbox.Until(() => State() == state ? "so" : null, () => $"process {Pid} to be '{state}'");
    }

    private char State()
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{Pid}/stat");
            return stat[stat.LastIndexOf(')') + 2];
        }
        catch (IOException)
        {
            // Dead, and reaped by this process.
            return 'Z';
        }
    }

    public void Dispose()
    {
        _socket.Dispose();
        _process.Finish();
    }
}
