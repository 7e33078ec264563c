using System.Runtime.InteropServices;

namespace CrashHandler.Protocol;

/// <summary>The payload of <see cref="FrameType.Register"/>, 16 bytes (protocol/README.md, "Register").</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4, Size = Size)]
public readonly struct RegisterPayload(Hooks hooks, RegisterOptions options, uint holdMilliseconds)
{
    /// <summary>Bytes of the payload.</summary>
    public const int Size = 16;

    /// <summary>What is in place in the client, final.</summary>
    public readonly Hooks Hooks = hooks;

    /// <summary>Options of this client.</summary>
    public readonly RegisterOptions Options = options;

    /// <summary>Milliseconds that the dying process may be held beyond <see cref="ProtocolLimits.DialogueLimitMilliseconds"/>, until its heap is dumped and its report is uploaded; 0: not held for that.</summary>
    public readonly uint HoldMilliseconds = holdMilliseconds;

    /// <summary>Reads the payload.</summary>
    /// <exception cref="MalformedFrameException">It has another length.</exception>
    public static RegisterPayload Parse(ReadOnlySpan<byte> payload) => payload.Length == Size
        ? MemoryMarshal.Read<RegisterPayload>(payload)
        : throw new MalformedFrameException($"Register has {payload.Length} bytes instead of {Size}");

    /// <summary>The payload's bytes.</summary>
    public byte[] ToBytes()
    {
        byte[] bytes = new byte[Size];
        MemoryMarshal.Write(bytes, in this);
        return bytes;
    }
}
