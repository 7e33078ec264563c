using System.Buffers.Binary;
using System.Runtime.InteropServices;
using CrashHandler.Handler.Stacks;
using CrashHandler.Handler.Stacks.Pe;

namespace CrashHandler.Handler.Capture.Linux;

/// <summary>What the headers of a PE image (an assembly) say. Every number in it is a stranger's.</summary>
internal sealed class PeImage
{
    private const int PeOffsetAt = 0x3C;
    private const uint PeSignature = 0x0000_4550;
    private const int FileHeaderSize = 20;
    private const ushort Pe32 = 0x10B, Pe32Plus = 0x20B;
    private const int SizeOfImageAt = 56;
    private const int ResourceIndex = 2, DebugIndex = 6, ClrIndex = 14;
    private const uint PageMask = 4_095;

    private readonly ImageSectionHeader[] _sections;

    private PeImage(ImageSectionHeader[] sections) => _sections = sections;

    /// <summary>Of the file header; a hash in deterministic builds.</summary>
    public required uint TimeDateStamp { get; init; }

    /// <summary>Bytes the image has in memory.</summary>
    public required uint SizeOfImage { get; init; }

    /// <summary>The debug directory.</summary>
    public required ImageDataDirectory Debug { get; init; }

    /// <summary>The resources, the version among them.</summary>
    public required ImageDataDirectory Resources { get; init; }

    /// <summary>It has the header of the common language runtime.</summary>
    public required bool IsManaged { get; init; }

    /// <summary>The first bytes may be those of a PE image.</summary>
    public static bool IsPe(ReadOnlySpan<byte> bytes) => bytes.StartsWith("MZ"u8);

    /// <summary>Reads the headers out of the image's first page.</summary>
    /// <exception cref="InvalidDataException">It is no PE image, or its headers lie elsewhere.</exception>
    public static PeImage Parse(ReadOnlySpan<byte> page)
    {
        if (!IsPe(page) || page.Length < PeOffsetAt + sizeof(uint))
        {
            throw new InvalidDataException("no MZ header");
        }

        ReadOnlySpan<byte> pe = From(page, BinaryPrimitives.ReadUInt32LittleEndian(page[PeOffsetAt..]));
        if (pe.Length < sizeof(uint) + FileHeaderSize || BinaryPrimitives.ReadUInt32LittleEndian(pe) != PeSignature)
        {
            throw new InvalidDataException("no PE header in the first page");
        }

        ReadOnlySpan<byte> file = pe[sizeof(uint)..];
        int sectionCount = BinaryPrimitives.ReadUInt16LittleEndian(file[2..]);
        uint stamp = BinaryPrimitives.ReadUInt32LittleEndian(file[4..]);
        int optionalSize = BinaryPrimitives.ReadUInt16LittleEndian(file[16..]);
        ReadOnlySpan<byte> rest = file[FileHeaderSize..];
        if (rest.Length < optionalSize + (sectionCount * ImageSectionHeader.Size) || optionalSize < sizeof(ushort))
        {
            throw new InvalidDataException($"{sectionCount} sections and an optional header of {optionalSize} bytes do not lie in the first page");
        }

        ReadOnlySpan<byte> optional = rest[..optionalSize];
        int directoriesAt = BinaryPrimitives.ReadUInt16LittleEndian(optional) switch
        {
            Pe32 => 96,
            Pe32Plus => 112,
            ushort magic => throw new InvalidDataException($"the optional header has the magic number 0x{magic:x}"),
        };
        if (optional.Length < directoriesAt)
        {
            throw new InvalidDataException($"the optional header has {optionalSize} bytes");
        }

        uint size = BinaryPrimitives.ReadUInt32LittleEndian(optional[SizeOfImageAt..]);
        uint count = BinaryPrimitives.ReadUInt32LittleEndian(optional[(directoriesAt - sizeof(uint))..]);
        ReadOnlySpan<byte> table = optional[directoriesAt..];
        ReadOnlySpan<ImageDataDirectory> directories = MemoryMarshal.Cast<byte, ImageDataDirectory>(table[..(table.Length / ImageDataDirectory.Size * ImageDataDirectory.Size)]);
        directories = directories[..(int)Math.Min(count, (uint)directories.Length)];
        return size > 0
            ? new PeImage([.. MemoryMarshal.Cast<byte, ImageSectionHeader>(rest.Slice(optionalSize, sectionCount * ImageSectionHeader.Size))])
            {
                TimeDateStamp = stamp,
                SizeOfImage = size,
                Debug = At(directories, DebugIndex),
                Resources = At(directories, ResourceIndex),
                IsManaged = At(directories, ClrIndex).VirtualAddress != 0,
            }
            : throw new InvalidDataException("its size is 0");
    }

    /// <summary>
    /// Whether the mappings show the image as a loader lays it out (of precompiled assemblies), not its file as it lies on disk. Only
    /// sections that stand elsewhere in memory than in the file can tell.
    /// </summary>
    /// <param name="map">The process's mappings.</param>
    /// <param name="first">The mapping of the header.</param>
    public bool IsLaidOutAt(MemoryMap map, in MemoryMapping first)
    {
        foreach (ImageSectionHeader section in _sections)
        {
            uint offset = section.PointerToRawData & ~PageMask;
            uint distance = section.VirtualAddress & ~PageMask;
            if (distance == offset || section.SizeOfRawData == 0)
            {
                continue;
            }

            ulong address = unchecked(first.Start + distance);
            if (map.Find(address) is >= 0 and int index)
            {
                MemoryMapping mapping = map.Mappings[index];
                if (mapping.SameSource(first) && mapping.Offset + (address - mapping.Start) == offset)
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>Offset in the file of an address of the image; null if no section has it.</summary>
    public uint? FileOffset(uint address)
    {
        foreach (ImageSectionHeader section in _sections)
        {
            uint distance = unchecked(address - section.VirtualAddress);
            if (address >= section.VirtualAddress && distance < section.SizeOfRawData)
            {
                return unchecked(section.PointerToRawData + distance);
            }
        }

        return null;
    }

    /// <summary>The entry that names the symbols; null if there is none.</summary>
    public static PeDebugDirectory? FindCodeView(ReadOnlySpan<byte> debugDirectory)
    {
        foreach (PeDebugDirectory entry in MemoryMarshal.Cast<byte, PeDebugDirectory>(debugDirectory[..(debugDirectory.Length / PeDebugDirectory.Size * PeDebugDirectory.Size)]))
        {
            if (entry.Type == PeDebugDirectory.CodeView && entry.SizeOfData > 0)
            {
                return entry;
            }
        }

        return null;
    }

    /// <summary>A CodeView record up to the end of its name; empty if it is none of PDB 7.</summary>
    public static byte[] CodeView(ReadOnlySpan<byte> bytes)
    {
        const int headerSize = 24;
        if (bytes.Length <= headerSize || !bytes.StartsWith("RSDS"u8))
        {
            return [];
        }

        int end = bytes[headerSize..].IndexOf((byte)0);
        return end < 0 ? [.. bytes, 0] : bytes[..(headerSize + end + 1)].ToArray();
    }

    private static ImageDataDirectory At(ReadOnlySpan<ImageDataDirectory> directories, int index) => index < directories.Length ? directories[index] : default;

    private static ReadOnlySpan<byte> From(ReadOnlySpan<byte> bytes, uint offset) => offset <= bytes.Length ? bytes[(int)offset..] : default;
}
