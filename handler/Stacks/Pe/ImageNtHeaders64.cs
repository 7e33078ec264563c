using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Stacks.Pe;

/// <summary><c>IMAGE_NT_HEADERS64</c> before the optional header's DataDirectory, 136 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal readonly struct ImageNtHeaders64
{
    public const int Size = 136;

    /// <summary><c>IMAGE_NT_SIGNATURE</c>: "PE".</summary>
    public const uint NtSignature = 0x0000_4550;

    /// <summary>Distance of <see cref="OptionalHeader"/>.</summary>
    public const int OptionalHeaderOffset = 24;

    public readonly uint Signature;
    public readonly ImageFileHeader FileHeader;
    public readonly ImageOptionalHeader64 OptionalHeader;
}
