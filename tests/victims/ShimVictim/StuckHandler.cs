using System.Buffers.Binary;
using System.Net.Sockets;

namespace CrashHandler.Tests.Victims.ShimVictim;

/// <summary>A handler that greets, registers, takes a notice and then never says another word.</summary>
internal static class StuckHandler
{
    private const int HeaderBytes = 16;
    private const ushort Welcome = 2;
    private const ushort Register = 4;
    private const ushort Done = 5;
    private const ushort Notice = 32;
    private const ushort Taken = 33;
    private const int WelcomeBytes = 32;

    public static void Run(string address)
    {
        using Socket listener = new(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(address));
        listener.Listen();
        Console.WriteLine("listening");
        while (true)
        {
            Socket connection = listener.Accept();
            new Thread(() => Serve(connection)).Start();
        }
    }

    private static void Serve(Socket connection)
    {
        byte[] packet = new byte[2_048];
        while (connection.Receive(packet) > 0)
        {
            (ushort type, int bytes) = BinaryPrimitives.ReadUInt16LittleEndian(packet.AsSpan(6)) switch
            {
                Notice => (Taken, HeaderBytes),
                Register => (Done, HeaderBytes),
                _ => (Welcome, HeaderBytes + WelcomeBytes),
            };
            byte[] answer = packet[..bytes];
            BinaryPrimitives.WriteUInt16LittleEndian(answer.AsSpan(6), type);
            BinaryPrimitives.WriteUInt32LittleEndian(answer.AsSpan(8), (uint)(answer.Length - HeaderBytes));
            connection.Send(answer);
        }
    }
}
