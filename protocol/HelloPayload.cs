using System.Runtime.InteropServices;

namespace CrashHandler.Protocol;

/// <summary>The payload of <see cref="FrameType.Hello"/>, 32 bytes (protocol/README.md, "Hello").</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4, Size = Size)]
public readonly struct HelloPayload(ConnectionRole role, Hooks hooks, int processId, int threadId)
{
    /// <summary>Bytes of the payload.</summary>
    public const int Size = 32;

    /// <summary>What the connection is for.</summary>
    public readonly ConnectionRole Role = role;

    private readonly ushort _reserved = 0;

    /// <summary>What is in place in the client.</summary>
    public readonly Hooks Hooks = hooks;

    /// <summary>The client's pid as it sees itself; the kernel's answer is the one believed.</summary>
    public readonly int ProcessId = processId;

    /// <summary>The tid of the thread that connects, as the client sees it.</summary>
    public readonly int ThreadId = threadId;

    /// <summary>Reads the payload.</summary>
    /// <exception cref="MalformedFrameException">It has another length.</exception>
    public static HelloPayload Parse(ReadOnlySpan<byte> payload) => payload.Length == Size
        ? MemoryMarshal.Read<HelloPayload>(payload)
        : throw new MalformedFrameException($"Hello has {payload.Length} bytes instead of {Size}");

    /// <summary>The payload's bytes.</summary>
    public byte[] ToBytes()
    {
        byte[] bytes = new byte[Size];
        MemoryMarshal.Write(bytes, in this);
        return bytes;
    }
}
