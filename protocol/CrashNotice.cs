using System.Runtime.InteropServices;

namespace CrashHandler.Protocol;

/// <summary>
/// The payload of <see cref="FrameType.Notice"/>, 1,672 bytes (protocol/README.md, "CrashNotice"): everything the handler must
/// know of the crashed thread, by value, so that this thread is never seized.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Size)]
public readonly struct CrashNotice
{
    /// <summary>Bytes of the notice.</summary>
    public const int Size = 1672;

    /// <summary>Offset of the <c>siginfo_t</c>, 128 bytes.</summary>
    public const int SigInfoOffset = 64;

    /// <summary>Bytes of a <c>siginfo_t</c>.</summary>
    public const int SigInfoBytes = 128;

    /// <summary>Offset of the <c>ucontext_t</c>, 968 bytes.</summary>
    public const int UContextOffset = 192;

    /// <summary>Bytes of a glibc <c>ucontext_t</c> on x86-64.</summary>
    public const int UContextBytes = 968;

    /// <summary>Offset of the FXSAVE image, 512 bytes.</summary>
    public const int FxSaveOffset = 1160;

    /// <summary>Bytes of an FXSAVE image.</summary>
    public const int FxSaveBytes = 512;

    /// <summary>Bytes of the notice as the sender knows it.</summary>
    [FieldOffset(0)] public readonly uint SizeField;

    /// <summary>How to read the rest.</summary>
    [FieldOffset(4)] public readonly NoticeFlags Flags;

    /// <summary>The client's pid as it sees itself (its own pid namespace).</summary>
    [FieldOffset(8)] public readonly int ProcessId;

    /// <summary>The crashed thread's tid as the client sees it.</summary>
    [FieldOffset(12)] public readonly int ThreadId;

    /// <summary>Signal number.</summary>
    [FieldOffset(16)] public readonly int Signal;

    /// <summary><c>si_code</c>.</summary>
    [FieldOffset(20)] public readonly int Code;

    /// <summary>Thread pointer.</summary>
    [FieldOffset(24)] public readonly ulong FsBase;

    /// <summary>Where the <c>siginfo_t</c> stands in the client; 0 if there is none.</summary>
    [FieldOffset(32)] public readonly ulong SigInfoAddress;

    /// <summary>Where the <c>ucontext_t</c> stands in the client; 0 if there is none.</summary>
    [FieldOffset(40)] public readonly ulong UContextAddress;

    /// <summary>Where the floating-point state stands in the client; 0 if there is none.</summary>
    [FieldOffset(48)] public readonly ulong FpStateAddress;

    /// <summary>Time of the crash in Unix nanoseconds.</summary>
    [FieldOffset(56)] public readonly long Time;

    /// <summary>Reads the fixed fields; the three images stay in <paramref name="payload"/> at their offsets.</summary>
    /// <exception cref="MalformedFrameException">It has another length.</exception>
    public static CrashNotice Parse(ReadOnlySpan<byte> payload)
    {
        if (payload.Length != Size)
        {
            throw new MalformedFrameException($"Notice has {payload.Length} bytes instead of {Size}");
        }

        CrashNotice notice = MemoryMarshal.Read<CrashNotice>(payload);
        return notice.SizeField == Size
            ? notice
            : throw new MalformedFrameException($"Notice names its size as {notice.SizeField} instead of {Size}");
    }
}
