using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace CrashHandler.Protocol;

/// <summary>The 16 bytes that every frame begins with (protocol/README.md, "Frame header").</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4, Size = Size)]
public readonly struct FrameHeader(FrameType type, int length, uint request)
{
    /// <summary>Bytes of the header.</summary>
    public const int Size = 16;

    /// <summary>The bytes <c>CHRP</c>.</summary>
    public const uint ExpectedMagic = 0x50524843;

    /// <summary>The version this code speaks.</summary>
    public const ushort ExpectedVersion = 1;

    /// <summary><see cref="ExpectedMagic"/>.</summary>
    public readonly uint Magic = ExpectedMagic;

    /// <summary><see cref="ExpectedVersion"/>.</summary>
    public readonly ushort Version = ExpectedVersion;

    /// <summary>What the frame is.</summary>
    public readonly FrameType Type = type;

    /// <summary>Bytes of payload that follow.</summary>
    public readonly uint Length = (uint)length;

    /// <summary>The client's number for a request, repeated in the answer.</summary>
    public readonly uint Request = request;

    /// <summary>Builds a whole frame: header and payload.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The payload is longer than <see cref="ProtocolLimits.MaxPayloadBytes"/>.</exception>
    public static byte[] Frame(FrameType type, ReadOnlySpan<byte> payload, uint request = 0)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(payload.Length, ProtocolLimits.MaxPayloadBytes);
        byte[] frame = new byte[Size + payload.Length];
        FrameHeader header = new(type, payload.Length, request);
        MemoryMarshal.Write(frame, in header);
        payload.CopyTo(frame.AsSpan(Size));
        return frame;
    }

    /// <summary>Takes one packet apart.</summary>
    /// <param name="packet">The packet as the socket gave it.</param>
    /// <param name="payload">The payload, a part of <paramref name="packet"/>.</param>
    /// <exception cref="MalformedFrameException">The packet is not exactly one frame.</exception>
    /// <exception cref="ProtocolVersionException">The frame is of another version.</exception>
    public static FrameHeader Parse(ReadOnlySpan<byte> packet, out ReadOnlySpan<byte> payload)
    {
        if (packet.Length < Size)
        {
            throw new MalformedFrameException($"a packet of {packet.Length} bytes is shorter than a frame header ({Size} bytes)");
        }

        if (BinaryPrimitives.ReadUInt32LittleEndian(packet) != ExpectedMagic)
        {
            throw new MalformedFrameException("the packet does not begin with the magic 'CHRP'");
        }

        FrameHeader header = MemoryMarshal.Read<FrameHeader>(packet);
        if (header.Version != ExpectedVersion)
        {
            throw new ProtocolVersionException(header.Version);
        }

        if (header.Length > ProtocolLimits.MaxPayloadBytes || header.Length != packet.Length - Size)
        {
            throw new MalformedFrameException($"the header announces {header.Length} bytes of payload and {packet.Length - Size} came");
        }

        payload = packet[Size..];
        return header;
    }
}
