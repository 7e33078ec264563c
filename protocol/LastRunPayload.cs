using System.Buffers.Binary;

namespace CrashHandler.Protocol;

/// <summary>The payload of <see cref="FrameType.LastRun"/> (protocol/README.md, "Frame types").</summary>
/// <param name="HasCrashed">Whether the main process that started last has crashed.</param>
/// <param name="CrashesInARow">Crashes of main processes since one ended as it should.</param>
public sealed record LastRunPayload(bool HasCrashed, int CrashesInARow)
{
    /// <summary>Bytes of the payload.</summary>
    public const int Size = 8;

    /// <summary>Reads the payload.</summary>
    /// <exception cref="MalformedFrameException">It has another length.</exception>
    public static LastRunPayload Parse(ReadOnlySpan<byte> payload)
        => payload.Length == Size
            ? new LastRunPayload(BinaryPrimitives.ReadUInt32LittleEndian(payload) != 0, BinaryPrimitives.ReadInt32LittleEndian(payload[4..]))
            : throw new MalformedFrameException($"LastRun has {payload.Length} bytes instead of {Size}");

    /// <summary>The payload's bytes.</summary>
    public byte[] ToBytes()
    {
        byte[] payload = new byte[Size];
        BinaryPrimitives.WriteUInt32LittleEndian(payload, HasCrashed ? 1u : 0);
        BinaryPrimitives.WriteInt32LittleEndian(payload.AsSpan(4), CrashesInARow);
        return payload;
    }
}
