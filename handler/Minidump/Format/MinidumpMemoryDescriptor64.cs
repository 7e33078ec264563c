using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Minidump.Format;

/// <summary>MINIDUMP_MEMORY_DESCRIPTOR64: memory of the process; the bytes of all of them follow each other.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal readonly struct MinidumpMemoryDescriptor64
{
    /// <summary>Bytes on disk.</summary>
    public const int Size = 16;

    /// <summary>Address in the process.</summary>
    public ulong StartOfMemoryRange { get; init; }

    /// <summary>Bytes.</summary>
    public ulong DataSize { get; init; }
}
