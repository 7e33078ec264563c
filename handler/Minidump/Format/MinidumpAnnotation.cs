using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Minidump.Format;

/// <summary>MinidumpAnnotation: a typed annotation.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal readonly struct MinidumpAnnotation
{
    /// <summary>Bytes on disk.</summary>
    public const int Size = 12;

    /// <summary>The type of a text.</summary>
    public const ushort Text = 1;

    /// <summary>Offset of a MinidumpUTF8String.</summary>
    public uint Name { get; init; }

    /// <summary>1: text.</summary>
    public ushort Type { get; init; }

    public ushort Reserved { get; init; }

    /// <summary>Offset of a MinidumpByteArray.</summary>
    public uint Value { get; init; }
}
