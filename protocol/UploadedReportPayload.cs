using System.Buffers.Binary;
using System.Text;

namespace CrashHandler.Protocol;

/// <summary>The payload of <see cref="FrameType.UploadedReport"/>: i64 Unix milliseconds, then the server's id (protocol/README.md, "Frame types").</summary>
/// <param name="Date">Time of the crash, UTC.</param>
/// <param name="ServerId">The server's id.</param>
public sealed record UploadedReportPayload(DateTimeOffset Date, string ServerId)
{
    private const int FixedSize = 8;

    /// <summary>Reads the payload.</summary>
    /// <exception cref="MalformedFrameException">It is too short, or its time is none.</exception>
    public static UploadedReportPayload Parse(ReadOnlySpan<byte> payload)
    {
        if (payload.Length < FixedSize)
        {
            throw new MalformedFrameException($"UploadedReport has {payload.Length} bytes, at least {FixedSize} are needed");
        }

        long milliseconds = BinaryPrimitives.ReadInt64LittleEndian(payload);
        try
        {
            return new UploadedReportPayload(DateTimeOffset.FromUnixTimeMilliseconds(milliseconds), Encoding.UTF8.GetString(payload[FixedSize..]));
        }
        catch (ArgumentOutOfRangeException)
        {
            throw new MalformedFrameException($"UploadedReport has a time of {milliseconds} ms, which is outside the calendar");
        }
    }

    /// <summary>The payload's bytes.</summary>
    public byte[] ToBytes()
    {
        byte[] payload = new byte[FixedSize + Encoding.UTF8.GetByteCount(ServerId)];
        BinaryPrimitives.WriteInt64LittleEndian(payload, Date.ToUnixTimeMilliseconds());
        Encoding.UTF8.GetBytes(ServerId, payload.AsSpan(FixedSize));
        return payload;
    }
}
