using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Minidump.Format;

/// <summary>MinidumpModuleCrashpadInfo: a module's own annotations.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal readonly struct MinidumpModuleCrashpadInfo
{
    /// <summary>Bytes on disk.</summary>
    public const int Size = 28;

    /// <summary>1; 0 is rejected.</summary>
    public uint Version { get; init; }

    /// <summary>A count and as many offsets of a MinidumpUTF8String.</summary>
    public MinidumpLocationDescriptor ListAnnotations { get; init; }

    /// <summary>A count and as many <see cref="MinidumpSimpleStringDictionaryEntry"/>.</summary>
    public MinidumpLocationDescriptor SimpleAnnotations { get; init; }

    /// <summary>A count and as many <see cref="MinidumpAnnotation"/>.</summary>
    public MinidumpLocationDescriptor AnnotationObjects { get; init; }
}
