using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Stacks.Pe;

/// <summary><c>IMAGE_DOS_HEADER</c>, 64 bytes, of which only the ends still mean something.</summary>
[StructLayout(LayoutKind.Explicit, Size = Size)]
internal readonly struct ImageDosHeader
{
    public const int Size = 64;

    /// <summary><c>IMAGE_DOS_SIGNATURE</c>: "MZ".</summary>
    public const ushort DosSignature = 0x5a4d;

    [FieldOffset(0)] public readonly ushort Magic;

    /// <summary><c>e_lfanew</c>: distance of the <c>IMAGE_NT_HEADERS64</c>.</summary>
    [FieldOffset(60)] public readonly uint NewHeader;
}
