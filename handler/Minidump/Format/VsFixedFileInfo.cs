using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Minidump.Format;

/// <summary>VS_FIXEDFILEINFO: a module's version.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal readonly struct VsFixedFileInfo
{
    /// <summary>Bytes on disk.</summary>
    public const int Size = 52;

    /// <summary>Value of <see cref="Signature"/>.</summary>
    public const uint ExpectedSignature = 0xFEEF04BD;

    /// <summary>Value of <see cref="StrucVersion"/>.</summary>
    public const uint ExpectedStrucVersion = 0x00010000;

    /// <summary>VFT_APP.</summary>
    public const uint Application = 1;

    /// <summary>VFT_DLL.</summary>
    public const uint Library = 2;

    public uint Signature { get; init; }

    public uint StrucVersion { get; init; }

    /// <summary>Major and minor number, 16 bits each.</summary>
    public uint FileVersionMs { get; init; }

    /// <summary>Third and fourth number, 16 bits each.</summary>
    public uint FileVersionLs { get; init; }

    public uint ProductVersionMs { get; init; }

    public uint ProductVersionLs { get; init; }

    public uint FileFlagsMask { get; init; }

    public uint FileFlags { get; init; }

    public uint FileOs { get; init; }

    /// <summary><see cref="Application"/> or <see cref="Library"/>.</summary>
    public uint FileType { get; init; }

    public uint FileSubtype { get; init; }

    public uint FileDateMs { get; init; }

    public uint FileDateLs { get; init; }

    /// <summary>The file's four numbers.</summary>
    public string FileVersion() => $"{FileVersionMs >> 16}.{FileVersionMs & 0xFFFF}.{FileVersionLs >> 16}.{FileVersionLs & 0xFFFF}";
}
