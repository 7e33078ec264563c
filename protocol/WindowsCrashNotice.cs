using System.Runtime.InteropServices;

namespace CrashHandler.Protocol;

/// <summary>
/// The payload of <see cref="FrameType.Notice"/> on Windows, 128 bytes (protocol/README.md, "On Windows"). The registers stay in the client, whose
/// crashed thread waits: the handler reads them where <see cref="PointersAddress"/> says.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Size)]
public readonly struct WindowsCrashNotice
{
    /// <summary>Bytes of the notice.</summary>
    public const int Size = 128;

    /// <summary>Parameters of the exception that it has room for: an access violation has two, an in-page error three.</summary>
    public const int MaxParameters = 4;

    /// <summary>Bytes of the notice as the sender knows it.</summary>
    [FieldOffset(0)] public readonly uint SizeField;

    /// <summary>How the process dies.</summary>
    [FieldOffset(4)] public readonly NoticeFlags Flags;

    /// <summary>The client's process id.</summary>
    [FieldOffset(8)] public readonly int ProcessId;

    /// <summary>The crashed thread's id.</summary>
    [FieldOffset(12)] public readonly int ThreadId;

    /// <summary><c>EXCEPTION_RECORD.ExceptionCode</c>.</summary>
    [FieldOffset(16)] public readonly uint ExceptionCode;

    /// <summary><c>EXCEPTION_RECORD.ExceptionFlags</c>.</summary>
    [FieldOffset(20)] public readonly uint ExceptionFlags;

    /// <summary><c>EXCEPTION_RECORD.ExceptionAddress</c>.</summary>
    [FieldOffset(24)] public readonly ulong ExceptionAddress;

    /// <summary>Where the <c>EXCEPTION_POINTERS</c> stand in the client; 0 if there are none.</summary>
    [FieldOffset(32)] public readonly ulong PointersAddress;

    /// <summary>Time of the crash in Unix nanoseconds.</summary>
    [FieldOffset(40)] public readonly long Time;

    /// <summary>How many of the four parameters are valid.</summary>
    [FieldOffset(48)] public readonly uint ParameterCount;

    /// <summary><c>EXCEPTION_RECORD.ExceptionInformation</c>.</summary>
    [FieldOffset(56)] public readonly ulong Parameter0;

    /// <inheritdoc cref="Parameter0"/>
    [FieldOffset(64)] public readonly ulong Parameter1;

    /// <inheritdoc cref="Parameter0"/>
    [FieldOffset(72)] public readonly ulong Parameter2;

    /// <inheritdoc cref="Parameter0"/>
    [FieldOffset(80)] public readonly ulong Parameter3;

    /// <summary>Reads a notice.</summary>
    /// <exception cref="MalformedFrameException">It has another length, or more parameters than it has room for.</exception>
    public static WindowsCrashNotice Parse(ReadOnlySpan<byte> payload)
    {
        if (payload.Length != Size)
        {
            throw new MalformedFrameException($"Notice has {payload.Length} bytes instead of {Size}");
        }

        WindowsCrashNotice notice = MemoryMarshal.Read<WindowsCrashNotice>(payload);
        if (notice.SizeField != Size)
        {
            throw new MalformedFrameException($"Notice names its size as {notice.SizeField} instead of {Size}");
        }

        return notice.ParameterCount <= MaxParameters ? notice
            : throw new MalformedFrameException($"Notice has {notice.ParameterCount} parameters; at most {MaxParameters} are known");
    }
}
