using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Minidump.Format;

/// <summary>MINIDUMP_THREAD_NAME.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal readonly struct MinidumpThreadName
{
    /// <summary>Bytes on disk.</summary>
    public const int Size = 12;

    /// <summary>Tid as the process sees it.</summary>
    public uint ThreadId { get; init; }

    /// <summary>Offset of a MINIDUMP_STRING; 64 bits wide, at offset 4.</summary>
    public ulong RvaOfThreadName { get; init; }
}
