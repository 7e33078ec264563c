using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Stacks.Elf;

/// <summary>What the program headers say of an image. Every number in it is a stranger's.</summary>
internal sealed class ElfImage
{
    private const ulong PageMask = 4_095;
    private readonly Elf64ProgramHeader[] _headers;

    private ElfImage(Elf64ProgramHeader[] headers, ulong headerAddress, ulong size)
    {
        _headers = headers;
        HeaderAddress = headerAddress;
        Size = size;
    }

    /// <summary>Virtual address of the ELF header before relocation.</summary>
    public ulong HeaderAddress { get; }

    /// <summary>Bytes from the ELF header to the end of the last segment, rounded up to pages.</summary>
    public ulong Size { get; }

    /// <summary>The segments that are loaded from the file.</summary>
    public IEnumerable<Elf64ProgramHeader> Loads => _headers.Where(header => header.Type == Elf64ProgramHeader.Load && header.FileSize > 0);

    /// <summary>The segments of notes.</summary>
    public IEnumerable<Elf64ProgramHeader> Notes => _headers.Where(header => header.Type == Elf64ProgramHeader.Note && header.FileSize > 0);

    /// <summary>The first segment of a type; null: it has none.</summary>
    public Elf64ProgramHeader? Find(uint type)
    {
        foreach (Elf64ProgramHeader header in _headers)
        {
            if (header.Type == type)
            {
                return header;
            }
        }

        return null;
    }

    /// <summary>The first bytes are those of an ELF image.</summary>
    public static bool IsElf(ReadOnlySpan<byte> bytes) => bytes.Length >= sizeof(uint) && MemoryMarshal.Read<uint>(bytes) == Elf64Header.ElfMagic;

    /// <summary>Reads the headers out of the image's first page.</summary>
    /// <exception cref="InvalidDataException">It is no 64-bit image, or its program headers lie elsewhere or say nothing.</exception>
    public static ElfImage Parse(ReadOnlySpan<byte> page)
    {
        if (page.Length < Elf64Header.Size || !IsElf(page))
        {
            throw new InvalidDataException("no ELF header");
        }

        Elf64Header elf = MemoryMarshal.Read<Elf64Header>(page);
        ulong tableSize = (ulong)elf.ProgramHeaderCount * Elf64ProgramHeader.Size;
        if (elf.Class != Elf64Header.Class64 || elf.ProgramHeaderSize != Elf64ProgramHeader.Size)
        {
            throw new InvalidDataException($"ELF class {elf.Class} with program headers of {elf.ProgramHeaderSize} bytes");
        }

        if (elf.ProgramHeaderOffset > (ulong)page.Length || tableSize > (ulong)page.Length - elf.ProgramHeaderOffset)
        {
            throw new InvalidDataException($"{elf.ProgramHeaderCount} program headers at offset {elf.ProgramHeaderOffset} do not lie in the first page");
        }

        Elf64ProgramHeader[] headers =
            [.. MemoryMarshal.Cast<byte, Elf64ProgramHeader>(page.Slice((int)elf.ProgramHeaderOffset, (int)tableSize))];
        ulong lowest = ulong.MaxValue;
        ulong? ofHeader = null;
        ulong end = 0;
        foreach (Elf64ProgramHeader header in headers)
        {
            if (header.Type == Elf64ProgramHeader.Load)
            {
                ulong start = header.VirtualAddress & ~PageMask;
                lowest = Math.Min(lowest, start);
                end = Math.Max(end, unchecked(header.VirtualAddress + header.MemorySize));
                if ((header.Offset & ~PageMask) == 0)
                {
                    ofHeader ??= start;
                }
            }
        }

        ulong first = ofHeader ?? lowest;
        return end > first && end - first <= uint.MaxValue
            ? new ElfImage(headers, first, (end - first + PageMask) & ~PageMask)
            : throw new InvalidDataException("its segments make no image below 4 GiB");
    }

    /// <summary>
    /// Whether the mappings show the image as a loader lays it out, not its file as it lies on disk (which some read that way). Only
    /// segments that stand elsewhere in memory than in the file can tell; where there is none, both are the same.
    /// </summary>
    /// <param name="map">The process's mappings.</param>
    /// <param name="first">The mapping of the ELF header.</param>
    public bool IsLoadedAt(MemoryMap map, in MemoryMapping first)
    {
        bool tellable = false;
        foreach (Elf64ProgramHeader load in Loads)
        {
            ulong offset = load.Offset & ~PageMask;
            ulong distance = unchecked((load.VirtualAddress & ~PageMask) - HeaderAddress);
            if (distance == offset)
            {
                continue;
            }

            tellable = true;
            ulong address = unchecked(first.Start + distance);
            int index = map.Find(address);
            if (index >= 0)
            {
                MemoryMapping mapping = map.Mappings[index];
                if (mapping.SameSource(first) && mapping.Offset + (address - mapping.Start) == offset)
                {
                    return true;
                }
            }
        }

        return !tellable;
    }

    /// <summary>The build id among the notes of one segment; null if it is not there.</summary>
    public static byte[]? FindBuildId(ReadOnlySpan<byte> notes, ulong alignment)
    {
        uint mask = alignment == 8 ? 7u : 3u;
        while (notes.Length >= Elf64NoteHeader.Size)
        {
            Elf64NoteHeader note = MemoryMarshal.Read<Elf64NoteHeader>(notes);
            ulong descriptor = (Elf64NoteHeader.Size + (ulong)note.NameSize + mask) & ~(ulong)mask;
            ulong end = descriptor + note.DescriptorSize;
            if (end > (ulong)notes.Length)
            {
                return null;
            }

            if (note.Type == Elf64NoteHeader.GnuBuildId && note.DescriptorSize is > 0 and <= StacksLimits.BuildIdBytes
                && notes.Slice(Elf64NoteHeader.Size, (int)note.NameSize).SequenceEqual("GNU\0"u8))
            {
                return notes[(int)descriptor..(int)end].ToArray();
            }

            notes = notes[(int)Math.Min((ulong)notes.Length, (end + mask) & ~(ulong)mask)..];
        }

        return null;
    }
}
