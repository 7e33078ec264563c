using System.Collections.Concurrent;
using System.Net.Sockets;
using CrashHandler.Protocol;
using Xunit;

namespace CrashHandler.Tests.Native;

/// <summary>A handler that captures nothing: it speaks the protocol, writes down what it hears, and answers as told.</summary>
internal sealed class FakeHandler : IDisposable
{
    private const int SolSocket = 1;
    private const int SoPeerCred = 17;
    private readonly string _directory = Directory.CreateTempSubdirectory("shim-fake-").FullName;
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified);
    private readonly ConcurrentQueue<SeenNotice> _notices = new();
    private readonly ConcurrentQueue<HelloPayload> _hellos = new();
    private readonly ConcurrentQueue<RegisterPayload> _registrations = new();
    private readonly ConcurrentQueue<Socket> _connections = new();
    private readonly ConcurrentQueue<Exception> _faults = new();
    private readonly ManualResetEventSlim _finish = new();
    private readonly FakeAnswers _answers;
    private readonly Welcome _welcome;
    private readonly TaskCompletionSource<HandedOverPayload> _handedOver = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _ended;

    public FakeHandler(FakeAnswers answers = FakeAnswers.Release, string? database = null)
    {
        _answers = answers;
        _welcome = database is null ? Welcome : Welcome with { Database = database };
        Address = Path.Combine(_directory, "s");
        _listener.Bind(new UnixDomainSocketEndPoint(Address));
        _listener.Listen(16);
        new Thread(Accept) { IsBackground = true }.Start();
    }

    /// <summary>Path of the socket.</summary>
    public string Address { get; }

    /// <summary>The Welcome that every Hello gets, but for the database.</summary>
    public static Welcome Welcome { get; } =
        new(4_711, Guid.Parse("01020304-0506-0708-090a-0b0c0d0e0f10"), "/databäse", "http://127.0.0.1/submit", "0.1.0");

    /// <summary>Set as soon as a notice was received.</summary>
    public ManualResetEventSlim Noticed { get; } = new();

    /// <summary>The answer to <see cref="FakeAnswers.HandOver"/>; its descriptors are dropped by the kernel, because nobody receives them.</summary>
    public Task<HandedOverPayload> HandedOver => _handedOver.Task;

    public IReadOnlyList<SeenNotice> Notices => Checked(_notices);

    public IReadOnlyList<HelloPayload> Hellos => Checked(_hellos);

    public IReadOnlyList<RegisterPayload> Registrations => Checked(_registrations);

    /// <summary>How many connections their clients have ended.</summary>
    public int EndedConnections => Volatile.Read(ref _ended);

    /// <summary>Lets a <see cref="FakeAnswers.ReleaseWhenTold"/> dialogue end.</summary>
    public void Finish() => _finish.Set();

    public void Dispose()
    {
        _finish.Set();
        _listener.Dispose();
        foreach (Socket connection in _connections)
        {
            connection.Dispose();
        }

        Directory.Delete(_directory, recursive: true);
    }

    private IReadOnlyList<T> Checked<T>(ConcurrentQueue<T> queue)
    {
        Assert.Empty(_faults);
        return [.. queue];
    }

    private void Accept()
    {
        try
        {
            while (true)
            {
                Socket connection = _listener.Accept();
                _connections.Enqueue(connection);
                new Thread(() => Serve(connection)) { IsBackground = true }.Start();
            }
        }
        catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
        {
            // Disposed: the test is over.
        }
    }

    private void Serve(Socket connection)
    {
        byte[] packet = new byte[FrameHeader.Size + ProtocolLimits.MaxPayloadBytes];
        try
        {
            int bytes;
            while ((bytes = connection.Receive(packet)) > 0)
            {
                FrameHeader header = FrameHeader.Parse(packet.AsSpan(0, bytes), out ReadOnlySpan<byte> payload);
                Answer(connection, header, payload);
            }

            connection.Dispose();
            Interlocked.Increment(ref _ended);
        }
        catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
        {
            // The victim died or the test is over.
        }
        catch (Exception fault)
        {
            _faults.Enqueue(fault);
            _handedOver.TrySetException(fault);
            connection.Dispose();
        }
    }

    private void Answer(Socket connection, FrameHeader header, ReadOnlySpan<byte> payload)
    {
        switch (header.Type)
        {
            case FrameType.Hello:
                _hellos.Enqueue(HelloPayload.Parse(payload));
                connection.Send(FrameHeader.Frame(FrameType.Welcome, _welcome.ToBytes(), header.Request));
                break;
            case FrameType.Register:
                _registrations.Enqueue(RegisterPayload.Parse(payload));
                connection.Send(FrameHeader.Frame(FrameType.Done, [], header.Request));
                break;
            case FrameType.ListUploaded:
                connection.Send(FrameHeader.Frame(FrameType.UploadedReport, new byte[12], header.Request - 1)); // of an earlier request
                connection.Send(FrameHeader.Frame(FrameType.UploadedReport, [1, 0, 0, 0, 0, 0, 0, 0, (byte)'a'], header.Request));
                connection.Send(FrameHeader.Frame(FrameType.UploadedReport, [2, 0, 0, 0, 0, 0, 0, 0, (byte)'b'], header.Request));
                connection.Send(FrameHeader.Frame(FrameType.Done, [], header.Request));
                break;
            case FrameType.SetUploads:
                connection.Send(FrameHeader.Frame(FrameType.Failed, "disk full"u8, header.Request));
                break;
            case FrameType.Notice:
                _notices.Enqueue(new SeenNotice(payload, PeerOf(connection)));
                Noticed.Set();
                Converse(connection);
                break;
            default:
                break;
        }
    }

    private void AskForMemory(Socket connection)
    {
        connection.Send(FrameHeader.Frame(FrameType.HandOver, []));
        byte[] packet = new byte[FrameHeader.Size + HandedOverPayload.Size];
        int bytes = connection.Receive(packet);
        FrameHeader header = FrameHeader.Parse(packet.AsSpan(0, bytes), out ReadOnlySpan<byte> payload);
        Assert.Equal(FrameType.HandedOver, header.Type);
        _handedOver.TrySetResult(HandedOverPayload.Parse(payload));
    }

    private static int PeerOf(Socket connection)
    {
        byte[] credentials = new byte[12];
        connection.GetRawSocketOption(SolSocket, SoPeerCred, credentials);
        return BitConverter.ToInt32(credentials);
    }

    private void Converse(Socket connection)
    {
        bool first = _notices.Count == 1;
        switch (_answers)
        {
            case FakeAnswers.Silence:
            case FakeAnswers.SilenceOnce when first:
                return;
            case FakeAnswers.Close:
                connection.Dispose();
                return;
            case FakeAnswers.TakenThenClose:
                connection.Send(FrameHeader.Frame(FrameType.Taken, []));
                connection.Dispose();
                return;
            case FakeAnswers.HandOver:
            case FakeAnswers.ReleaseWhenTold:
                connection.Send(FrameHeader.Frame(FrameType.Taken, []));
                if (_answers == FakeAnswers.HandOver)
                {
                    AskForMemory(connection);
                }

                do
                {
                    connection.Send(FrameHeader.Frame(FrameType.Progress, []));
                }
                while (!_finish.Wait(100));
                break;
            default:
                connection.Send(FrameHeader.Frame(FrameType.Taken, []));
                break;
        }

        connection.Send(FrameHeader.Frame(FrameType.Progress, []));
        connection.Send(FrameHeader.Frame(FrameType.Release, new byte[4]));
    }
}
