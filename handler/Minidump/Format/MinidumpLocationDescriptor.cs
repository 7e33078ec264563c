using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Minidump.Format;

/// <summary>MINIDUMP_LOCATION_DESCRIPTOR: a piece of the file.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal readonly struct MinidumpLocationDescriptor
{
    /// <summary>Bytes on disk.</summary>
    public const int Size = 8;

    /// <summary>Bytes.</summary>
    public uint DataSize { get; init; }

    /// <summary>Offset from the beginning of the file.</summary>
    public uint Rva { get; init; }
}
