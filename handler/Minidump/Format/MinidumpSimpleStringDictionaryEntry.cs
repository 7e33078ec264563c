using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Minidump.Format;

/// <summary>MinidumpSimpleStringDictionaryEntry.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal readonly struct MinidumpSimpleStringDictionaryEntry
{
    /// <summary>Bytes on disk.</summary>
    public const int Size = 8;

    /// <summary>Offset of a MinidumpUTF8String.</summary>
    public uint Key { get; init; }

    /// <summary>Offset of a MinidumpUTF8String.</summary>
    public uint Value { get; init; }
}
