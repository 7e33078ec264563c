using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Minidump.Format;

/// <summary>MINIDUMP_HEADER: the first bytes of the file.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal readonly struct MinidumpHeader
{
    /// <summary>Bytes on disk.</summary>
    public const int Size = 32;

    /// <summary>The bytes <c>MDMP</c>.</summary>
    public const uint ExpectedSignature = 0x504d444d;

    /// <summary>The only version there is.</summary>
    public const ushort ExpectedVersion = 0xa793;

    /// <summary><see cref="ExpectedSignature"/>; 0 while the file is being written.</summary>
    public uint Signature { get; init; }

    /// <summary>Low 16 bits <see cref="ExpectedVersion"/>; the high ones are free.</summary>
    public uint Version { get; init; }

    /// <summary>Entries of the directory.</summary>
    public uint NumberOfStreams { get; init; }

    /// <summary>Offset of the directory.</summary>
    public uint StreamDirectoryRva { get; init; }

    public uint CheckSum { get; init; }

    /// <summary>When the dump was asked for: seconds since 1970.</summary>
    public uint TimeDateStamp { get; init; }

    /// <summary>MINIDUMP_TYPE; 0 is MiniDumpNormal.</summary>
    public ulong Flags { get; init; }
}
