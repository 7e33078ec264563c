using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Minidump.Format;

/// <summary>MINIDUMP_SYSTEM_INFO with the vendor form of the CPU union, which Linux readers expect on x86 and AMD64.</summary>
[StructLayout(LayoutKind.Explicit, Pack = 4, Size = Size)]
internal readonly struct MinidumpSystemInfo
{
    /// <summary>Bytes on disk.</summary>
    public const int Size = 56;

    /// <summary>VER_NT_WORKSTATION, as Crashpad writes it on Linux.</summary>
    public const byte Workstation = 1;

    [field: FieldOffset(0)] public ProcessorArchitecture ProcessorArchitecture { get; init; }

    /// <summary>CPU family.</summary>
    [field: FieldOffset(2)] public ushort ProcessorLevel { get; init; }

    /// <summary>Model in the high byte, stepping in the low one.</summary>
    [field: FieldOffset(4)] public ushort ProcessorRevision { get; init; }

    /// <summary>255 stands for more, too.</summary>
    [field: FieldOffset(6)] public byte NumberOfProcessors { get; init; }

    /// <summary><see cref="Workstation"/>.</summary>
    [field: FieldOffset(7)] public byte ProductType { get; init; }

    [field: FieldOffset(8)] public uint MajorVersion { get; init; }

    [field: FieldOffset(12)] public uint MinorVersion { get; init; }

    [field: FieldOffset(16)] public uint BuildNumber { get; init; }

    [field: FieldOffset(20)] public MinidumpPlatform PlatformId { get; init; }

    /// <summary>Offset of a MINIDUMP_STRING; on Linux the uname line.</summary>
    [field: FieldOffset(24)] public uint CsdVersionRva { get; init; }

    [field: FieldOffset(28)] public ushort SuiteMask { get; init; }

    [field: FieldOffset(30)] public ushort Reserved2 { get; init; }

    /// <summary>cpuid leaf 0, ebx.</summary>
    [field: FieldOffset(32)] public uint VendorId0 { get; init; }

    /// <summary>cpuid leaf 0, edx.</summary>
    [field: FieldOffset(36)] public uint VendorId1 { get; init; }

    /// <summary>cpuid leaf 0, ecx.</summary>
    [field: FieldOffset(40)] public uint VendorId2 { get; init; }

    /// <summary>cpuid leaf 1, eax.</summary>
    [field: FieldOffset(44)] public uint VersionInformation { get; init; }

    /// <summary>cpuid leaf 1, edx.</summary>
    [field: FieldOffset(48)] public uint FeatureInformation { get; init; }

    /// <summary>cpuid leaf 0x80000001, edx.</summary>
    [field: FieldOffset(52)] public uint AmdExtendedCpuFeatures { get; init; }
}
