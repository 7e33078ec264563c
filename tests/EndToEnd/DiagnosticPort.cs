using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace CrashHandler.Tests.EndToEnd;

/// <summary>What <c>dotnet-dump collect</c> says to a live process (dotnet/diagnostics, documentation/design-docs/ipc-protocol.md).</summary>
internal static class DiagnosticPort
{
    private const int HeaderBytes = 20;
    private const int SizeOffset = 14;
    private const int CommandSetOffset = 16;
    private const int CommandOffset = 17;
    private const byte DumpCommandSet = 1;
    private const byte GenerateCoreDump = 1;
    private const byte ServerCommandSet = 0xff;
    private const byte Ok = 0;
    private const uint NormalDump = 1;

    /// <summary>Has the process's runtime write a small dump.</summary>
    /// <param name="socket">The runtime's socket.</param>
    /// <param name="path">Of the dump.</param>
    /// <returns>Whether the runtime says that it did.</returns>
    public static bool WriteDump(string socket, string path)
    {
        byte[] request =
        [
            .. "DOTNET_IPC_V1\0"u8, 0, 0, DumpCommandSet, GenerateCoreDump, 0, 0,
            .. BitConverter.GetBytes(path.Length + 1), .. Encoding.Unicode.GetBytes(path + '\0'), .. BitConverter.GetBytes(NormalDump), .. BitConverter.GetBytes(0u),
        ];
        BinaryPrimitives.WriteUInt16LittleEndian(request.AsSpan(SizeOffset), (ushort)request.Length);
        using Socket connection = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
        {
            ReceiveTimeout = (int)EndToEndLimits.Deadline.TotalMilliseconds,
        };
        connection.Connect(new UnixDomainSocketEndPoint(socket));
        connection.Send(request);
        byte[] answer = new byte[HeaderBytes];
        using NetworkStream stream = new(connection);
        stream.ReadExactly(answer);
        return answer[CommandSetOffset] == ServerCommandSet && answer[CommandOffset] == Ok;
    }
}
