using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Stacks.Elf;

/// <summary><c>Elf64_Nhdr</c> of elf(5), 12 bytes; the name and the descriptor follow, each padded.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct Elf64NoteHeader
{
    public const int Size = 12;

    /// <summary><c>NT_GNU_BUILD_ID</c>, of the name <c>GNU</c>.</summary>
    public const uint GnuBuildId = 3;

    public readonly uint NameSize;
    public readonly uint DescriptorSize;
    public readonly uint Type;
}
