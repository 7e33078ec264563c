using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Minidump.Format;

/// <summary>MINIDUMP_EXCEPTION_STREAM: what the process died of.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal readonly struct MinidumpExceptionStream
{
    /// <summary>Bytes on disk.</summary>
    public const int Size = 168;

    /// <summary>The crashed thread.</summary>
    public uint ThreadId { get; init; }

    public uint Reserved { get; init; }

    /// <summary>The signal.</summary>
    public MinidumpException ExceptionRecord { get; init; }

    /// <summary>Registers at the fault.</summary>
    public MinidumpLocationDescriptor ThreadContext { get; init; }
}
