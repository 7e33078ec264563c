using CrashHandler.Handler.Stacks;
using CrashHandler.Handler.Stacks.Elf;

namespace CrashHandler.Handler.Capture.Linux;

/// <summary>An ELF image on its way to a <see cref="ModuleSnapshot"/>.</summary>
/// <param name="mapping">Where its header is mapped.</param>
/// <param name="image">Its headers; null if they could not be read.</param>
/// <param name="size">Bytes.</param>
/// <param name="header">Its first page.</param>
/// <param name="fromFile">That page was read from the file, not from memory.</param>
internal sealed class FoundModule(MemoryMapping mapping, ElfImage? image, ulong size, MemoryRead header, bool fromFile)
{
    public MemoryMapping Mapping { get; } = mapping;
    public ElfImage? Image { get; } = image;
    public ulong Size { get; } = size;
    public MemoryRead Header { get; } = header;
    public bool FromFile { get; } = fromFile;
    public byte[]? BuildId { get; set; }
}
