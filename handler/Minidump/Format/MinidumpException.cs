using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Minidump.Format;

/// <summary>MINIDUMP_EXCEPTION.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal readonly struct MinidumpException
{
    /// <summary>Bytes on disk.</summary>
    public const int Size = 152;

    /// <summary>The code of a dump of a process that did not crash.</summary>
    public const uint DumpRequested = 0xFFFFFFFF;

    /// <summary>Signal number, or <see cref="DumpRequested"/>.</summary>
    public uint ExceptionCode { get; init; }

    /// <summary><c>si_code</c>.</summary>
    public uint ExceptionFlags { get; init; }

    public ulong ExceptionRecord { get; init; }

    /// <summary><c>si_addr</c> where the signal has one.</summary>
    public ulong ExceptionAddress { get; init; }

    /// <summary>How many of the parameters count.</summary>
    public uint NumberParameters { get; init; }

    public uint Reserved { get; init; }

    /// <summary>The parameters.</summary>
    public MinidumpExceptionInformation ExceptionInformation { get; init; }
}
