using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Minidump.Format;

/// <summary>MinidumpModuleCrashpadInfoLink.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal readonly struct MinidumpModuleCrashpadInfoLink
{
    /// <summary>Bytes on disk.</summary>
    public const int Size = 12;

    /// <summary>Index into the module list.</summary>
    public uint MinidumpModuleListIndex { get; init; }

    /// <summary>A <see cref="MinidumpModuleCrashpadInfo"/>.</summary>
    public MinidumpLocationDescriptor Location { get; init; }
}
