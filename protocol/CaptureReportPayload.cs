using System.Buffers.Binary;
using System.Text;

namespace CrashHandler.Protocol;

/// <summary>The payload of <see cref="FrameType.CaptureReport"/>: i32 tid, u32 0, then the reason (protocol/README.md, "Frame types").</summary>
/// <param name="ThreadId">The tid of the thread that asks, as the client sees it.</param>
/// <param name="Reason">Why it asks, in the application's words: at most <see cref="ProtocolLimits.MaxCaptureReasonBytes"/>.</param>
public sealed record CaptureReportPayload(int ThreadId, string Reason)
{
    /// <summary>Bytes before the reason.</summary>
    public const int FixedSize = 8;

    /// <summary>Bytes of the answer's payload: the report's id.</summary>
    public const int AnswerSize = 16;

    /// <summary>Reads the payload.</summary>
    /// <exception cref="MalformedFrameException">It is too short or too long.</exception>
    public static CaptureReportPayload Parse(ReadOnlySpan<byte> payload)
        => payload.Length is >= FixedSize and <= FixedSize + ProtocolLimits.MaxCaptureReasonBytes
            ? new CaptureReportPayload(BinaryPrimitives.ReadInt32LittleEndian(payload), Encoding.UTF8.GetString(payload[FixedSize..]))
            : throw new MalformedFrameException($"CaptureReport has {payload.Length} bytes; {FixedSize} to {FixedSize + ProtocolLimits.MaxCaptureReasonBytes} are allowed");

    /// <summary>Reads the id in the answer.</summary>
    /// <exception cref="MalformedFrameException">It has another length.</exception>
    public static Guid ParseAnswer(ReadOnlySpan<byte> payload)
        => payload.Length == AnswerSize ? new Guid(payload)
            : throw new MalformedFrameException($"the answer to CaptureReport has {payload.Length} bytes instead of {AnswerSize}");

    /// <summary>The payload's bytes.</summary>
    public byte[] ToBytes()
    {
        byte[] payload = new byte[FixedSize + Encoding.UTF8.GetByteCount(Reason)];
        BinaryPrimitives.WriteInt32LittleEndian(payload, ThreadId);
        Encoding.UTF8.GetBytes(Reason, payload.AsSpan(FixedSize));
        return payload;
    }
}
