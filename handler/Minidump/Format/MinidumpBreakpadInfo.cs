using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Minidump.Format;

/// <summary>MDRawBreakpadInfo: which threads have to do with the dump.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal readonly struct MinidumpBreakpadInfo
{
    /// <summary>Bytes on disk.</summary>
    public const int Size = 12;

    /// <summary>Which of the others say anything.</summary>
    public BreakpadInfoValidity Validity { get; init; }

    /// <summary>A thread of the process that wrote the dump; readers leave its stack out.</summary>
    public uint DumpThreadId { get; init; }

    /// <summary>The thread that crashed, or asked.</summary>
    public uint RequestingThreadId { get; init; }
}
