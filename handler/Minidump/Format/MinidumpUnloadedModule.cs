using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Minidump.Format;

/// <summary>MINIDUMP_UNLOADED_MODULE.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal readonly struct MinidumpUnloadedModule
{
    /// <summary>Bytes on disk.</summary>
    public const int Size = 24;

    public ulong BaseOfImage { get; init; }

    public uint SizeOfImage { get; init; }

    public uint CheckSum { get; init; }

    public uint TimeDateStamp { get; init; }

    public uint ModuleNameRva { get; init; }
}
