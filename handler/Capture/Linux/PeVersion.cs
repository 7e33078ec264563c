using System.Buffers.Binary;

namespace CrashHandler.Handler.Capture.Linux;

/// <summary>The numbers of a PE image's version resource: four of 16 bits each, the first one highest.</summary>
/// <param name="File">Version of the file.</param>
/// <param name="Product">Version of the product.</param>
internal readonly record struct PeVersion(ulong File, ulong Product)
{
    private const int DirectorySize = 16, EntrySize = 8;
    private const uint VersionType = 16;
    private const uint IsDirectory = 0x8000_0000;
    private const uint FixedInfoSignature = 0xFEEF04BD;

    /// <summary>Finds it among the resources; all zero if it is not there, or behind the bytes given.</summary>
    /// <param name="resources">The resources from their beginning.</param>
    /// <param name="address">Where they lie in the image.</param>
    public static PeVersion Find(ReadOnlySpan<byte> resources, uint address)
    {
        // Three levels: type, name, language; of the latter two the first one.
        if (Child(resources, 0, VersionType) is not { } type || (type & IsDirectory) == 0
            || Child(resources, type & ~IsDirectory, null) is not { } name || (name & IsDirectory) == 0
            || Child(resources, name & ~IsDirectory, null) is not { } leaf || (leaf & IsDirectory) != 0
            || leaf + (2 * sizeof(uint)) > (uint)resources.Length)
        {
            return default;
        }

        uint offset = unchecked(BinaryPrimitives.ReadUInt32LittleEndian(resources[(int)leaf..]) - address);
        uint size = BinaryPrimitives.ReadUInt32LittleEndian(resources[((int)leaf + sizeof(uint))..]);
        if (offset >= (uint)resources.Length)
        {
            return default;
        }

        ReadOnlySpan<byte> data = resources[(int)offset..];
        data = data[..(int)Math.Min(size, (uint)data.Length)];
        for (int at = 0; at + 24 <= data.Length; at += sizeof(uint))
        {
            if (BinaryPrimitives.ReadUInt32LittleEndian(data[at..]) == FixedInfoSignature)
            {
                return new PeVersion(Number(data[(at + 8)..]), Number(data[(at + 16)..]));
            }
        }

        return default;
    }

    /// <summary>Where an entry of a directory points; the first entry if no number is wanted.</summary>
    private static uint? Child(ReadOnlySpan<byte> resources, uint directory, uint? wanted)
    {
        if (directory + DirectorySize > (uint)resources.Length)
        {
            return null;
        }

        ReadOnlySpan<byte> head = resources[(int)directory..];
        int count = BinaryPrimitives.ReadUInt16LittleEndian(head[12..]) + BinaryPrimitives.ReadUInt16LittleEndian(head[14..]);
        for (int i = 0, at = DirectorySize; i < count && at + EntrySize <= head.Length; i++, at += EntrySize)
        {
            if (wanted is null || BinaryPrimitives.ReadUInt32LittleEndian(head[at..]) == wanted)
            {
                return BinaryPrimitives.ReadUInt32LittleEndian(head[(at + sizeof(uint))..]);
            }
        }

        return null;
    }

    private static ulong Number(ReadOnlySpan<byte> two)
        => (ulong)BinaryPrimitives.ReadUInt32LittleEndian(two) << 32 | BinaryPrimitives.ReadUInt32LittleEndian(two[sizeof(uint)..]);
}
