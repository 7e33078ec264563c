using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Minidump.Format;

/// <summary>MINIDUMP_THREAD_INFO.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal readonly struct MinidumpThreadInfo
{
    /// <summary>Bytes on disk.</summary>
    public const int Size = 64;

    public uint ThreadId { get; init; }

    /// <summary>Why the rest may be missing: MINIDUMP_THREAD_INFO_*; 0: nothing is.</summary>
    public uint DumpFlags { get; init; }

    /// <summary>An HRESULT.</summary>
    public uint DumpError { get; init; }

    public uint ExitStatus { get; init; }

    /// <summary>FILETIME.</summary>
    public ulong CreateTime { get; init; }

    /// <summary>FILETIME; 0: it lives.</summary>
    public ulong ExitTime { get; init; }

    /// <summary>In 100 ns.</summary>
    public ulong KernelTime { get; init; }

    /// <summary>In 100 ns.</summary>
    public ulong UserTime { get; init; }

    public ulong StartAddress { get; init; }

    /// <summary>The processors that it may run on, a bit each.</summary>
    public ulong Affinity { get; init; }
}
