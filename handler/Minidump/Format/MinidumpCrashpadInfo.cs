using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Minidump.Format;

/// <summary>MinidumpCrashpadInfo, Crashpad's own stream.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal readonly struct MinidumpCrashpadInfo
{
    /// <summary>Bytes on disk.</summary>
    public const int Size = 64;

    /// <summary>Value of <see cref="Version"/>.</summary>
    public const uint ExpectedVersion = 1;

    /// <summary>Bytes of the form before the address mask, which readers accept.</summary>
    public const int ShortSize = 52;

    /// <summary>1; 0 is rejected.</summary>
    public uint Version { get; init; }

    public Guid ReportId { get; init; }

    public Guid ClientId { get; init; }

    /// <summary>A MinidumpSimpleStringDictionary: a count and as many <see cref="MinidumpSimpleStringDictionaryEntry"/>.</summary>
    public MinidumpLocationDescriptor SimpleAnnotations { get; init; }

    /// <summary>A count and as many <see cref="MinidumpModuleCrashpadInfoLink"/>.</summary>
    public MinidumpLocationDescriptor ModuleList { get; init; }

    public uint Reserved { get; init; }

    /// <summary>0: none.</summary>
    public ulong AddressMask { get; init; }
}
