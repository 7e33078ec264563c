using CrashHandler.Handler.Stacks;

namespace CrashHandler.Handler.Capture.Linux;

/// <summary>A PE image on its way to a <see cref="ModuleSnapshot"/>.</summary>
/// <param name="mapping">Where its header is mapped.</param>
/// <param name="image">Its headers.</param>
/// <param name="isLaidOut">It is mapped as a loader lays it out, not as its file.</param>
/// <param name="fromFile">Its headers were read from the file, not from memory.</param>
internal sealed class FoundAssembly(MemoryMapping mapping, PeImage image, bool isLaidOut, bool fromFile)
{
    public MemoryMapping Mapping { get; } = mapping;
    public PeImage Image { get; } = image;
    public bool IsLaidOut { get; } = isLaidOut;
    public bool FromFile { get; } = fromFile;
    public byte[] CodeView { get; set; } = [];
    public PeVersion Version { get; set; }

    /// <summary>Bytes; a file that is only mapped has no code of its own, and ends before another's.</summary>
    public ulong SizeIn(MemoryMap map)
    {
        ulong size = Image.SizeOfImage;
        for (int i = map.Find(Mapping.Start) + 1; !IsLaidOut && i < map.Mappings.Count && map.Mappings[i].Start - Mapping.Start < size; i++)
        {
            MemoryMapping next = map.Mappings[i];
            if (next.Executable && !next.SameSource(Mapping))
            {
                return next.Start - Mapping.Start;
            }
        }

        return size;
    }
}
