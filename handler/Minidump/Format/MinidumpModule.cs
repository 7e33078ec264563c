using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Minidump.Format;

/// <summary>MINIDUMP_MODULE: 108 bytes, although C would align it to 112.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal readonly struct MinidumpModule
{
    /// <summary>Bytes on disk.</summary>
    public const int Size = 108;

    /// <summary>Address of the image's header.</summary>
    public ulong BaseOfImage { get; init; }

    /// <summary>Bytes; never 0.</summary>
    public uint SizeOfImage { get; init; }

    public uint CheckSum { get; init; }

    /// <summary>0 for ELF; part of a PE file's code id.</summary>
    public uint TimeDateStamp { get; init; }

    /// <summary>Offset of a MINIDUMP_STRING with the full path.</summary>
    public uint ModuleNameRva { get; init; }

    public VsFixedFileInfo VersionInfo { get; init; }

    /// <summary>The CodeView record, by which symbols are found.</summary>
    public MinidumpLocationDescriptor CvRecord { get; init; }

    public MinidumpLocationDescriptor MiscRecord { get; init; }

    public ulong Reserved0 { get; init; }

    public ulong Reserved1 { get; init; }
}
