using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Minidump.Format;

/// <summary>MINIDUMP_HANDLE_DATA_STREAM without the descriptors that follow.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal readonly struct MinidumpHandleDataStream
{
    /// <summary>Bytes on disk.</summary>
    public const int Size = 16;

    /// <summary>Bytes before the first descriptor.</summary>
    public uint SizeOfHeader { get; init; }

    /// <summary>Bytes of a descriptor.</summary>
    public uint SizeOfDescriptor { get; init; }

    public uint NumberOfDescriptors { get; init; }

    public uint Reserved { get; init; }
}
