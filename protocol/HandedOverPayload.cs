using System.Runtime.InteropServices;

namespace CrashHandler.Protocol;

/// <summary>
/// The payload of <see cref="FrameType.HandedOver"/>, 16 bytes (protocol/README.md, "HandedOver"): for each of the three files an errno, 0 where it
/// could be opened. The descriptors of those come along, in the same order.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 4, Size = Size)]
public readonly struct HandedOverPayload(int memoryError, int mapsError, int auxiliaryVectorError)
{
    /// <summary>Bytes of the payload.</summary>
    public const int Size = 16;

    /// <summary>Descriptors that come along, at most.</summary>
    public const int MaxDescriptors = 3;

    /// <summary>errno of opening <c>mem</c>.</summary>
    public readonly int MemoryError = memoryError;

    /// <summary>errno of opening <c>maps</c>.</summary>
    public readonly int MapsError = mapsError;

    /// <summary>errno of opening <c>auxv</c>.</summary>
    public readonly int AuxiliaryVectorError = auxiliaryVectorError;

    /// <summary>Reads the payload.</summary>
    /// <exception cref="MalformedFrameException">It has another length.</exception>
    public static HandedOverPayload Parse(ReadOnlySpan<byte> payload)
        => payload.Length == Size ? MemoryMarshal.Read<HandedOverPayload>(payload)
            : throw new MalformedFrameException($"HandedOver has {payload.Length} bytes instead of {Size}");

    /// <summary>The payload's bytes.</summary>
    public byte[] ToBytes()
    {
        byte[] payload = new byte[Size];
        MemoryMarshal.Write(payload, in this);
        return payload;
    }
}
