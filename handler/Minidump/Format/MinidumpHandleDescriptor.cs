using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Minidump.Format;

/// <summary>MINIDUMP_HANDLE_DESCRIPTOR: on Linux a file descriptor.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal readonly struct MinidumpHandleDescriptor
{
    /// <summary>Bytes on disk.</summary>
    public const int Size = 32;

    /// <summary>Number of the file descriptor.</summary>
    public ulong Handle { get; init; }

    /// <summary>Offset of a MINIDUMP_STRING with the kind; 0: none.</summary>
    public uint TypeNameRva { get; init; }

    /// <summary>Offset of a MINIDUMP_STRING with what it refers to; 0: none.</summary>
    public uint ObjectNameRva { get; init; }

    public uint Attributes { get; init; }

    public uint GrantedAccess { get; init; }

    public uint HandleCount { get; init; }

    public uint PointerCount { get; init; }
}
