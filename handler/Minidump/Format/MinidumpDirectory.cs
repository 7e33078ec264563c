using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Minidump.Format;

/// <summary>MINIDUMP_DIRECTORY: one stream.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal readonly struct MinidumpDirectory
{
    /// <summary>Bytes on disk.</summary>
    public const int Size = 12;

    /// <summary>What the stream holds.</summary>
    public MinidumpStreamType StreamType { get; init; }

    /// <summary>Where it is.</summary>
    public MinidumpLocationDescriptor Location { get; init; }
}
