using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Minidump.Format;

/// <summary>MINIDUMP_MEMORY_DESCRIPTOR: memory of the process and where its bytes are in the file.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal readonly struct MinidumpMemoryDescriptor
{
    /// <summary>Bytes on disk.</summary>
    public const int Size = 16;

    /// <summary>Address in the process.</summary>
    public ulong StartOfMemoryRange { get; init; }

    /// <summary>Its bytes.</summary>
    public MinidumpLocationDescriptor Memory { get; init; }
}
