using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Minidump.Format;

/// <summary>MINIDUMP_UNLOADED_MODULE_LIST without the entries that follow.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal readonly struct MinidumpUnloadedModuleList
{
    /// <summary>Bytes on disk.</summary>
    public const int Size = 12;

    /// <summary>Bytes before the first entry.</summary>
    public uint SizeOfHeader { get; init; }

    /// <summary>Bytes of an entry.</summary>
    public uint SizeOfEntry { get; init; }

    public uint NumberOfEntries { get; init; }
}
