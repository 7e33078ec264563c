using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Stacks.Pe;

/// <summary><c>IMAGE_EXPORT_DIRECTORY</c>, 40 bytes. Its addresses are distances from the image's beginning.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct ImageExportDirectory
{
    public const int Size = 40;

    public readonly uint Characteristics;
    public readonly uint TimeDateStamp;
    public readonly ushort MajorVersion;
    public readonly ushort MinorVersion;
    public readonly uint Name;
    public readonly uint Base;
    public readonly uint NumberOfFunctions;
    public readonly uint NumberOfNames;

    /// <summary>Of 4 bytes each: addresses of what is exported.</summary>
    public readonly uint AddressOfFunctions;

    /// <summary>Of 4 bytes each: addresses of names.</summary>
    public readonly uint AddressOfNames;

    /// <summary>Of 2 bytes each: which function has the name at the same place of <see cref="AddressOfNames"/>.</summary>
    public readonly uint AddressOfNameOrdinals;
}
