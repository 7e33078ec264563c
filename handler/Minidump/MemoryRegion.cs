namespace CrashHandler.Handler.Minidump;

/// <summary>A range of memory as it will stand in the file: pieces without gap or overlap.</summary>
internal sealed class MemoryRegion(ulong address)
{
    private readonly List<ReadOnlyMemory<byte>> _parts = [];

    /// <summary>Address of the first byte.</summary>
    public ulong Address { get; } = address;

    /// <summary>Bytes; at most <see cref="MinidumpLimits.MaxRegionBytes"/>.</summary>
    public int Size { get; private set; }

    /// <summary>Address behind the last byte.</summary>
    public ulong End => Address + (ulong)Size;

    /// <summary>The bytes, in order.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Parts => _parts;

    /// <summary>Appends bytes; no more than fit.</summary>
    /// <returns>How many did not fit.</returns>
    public int Append(ReadOnlyMemory<byte> bytes)
    {
        int length = Math.Min(bytes.Length, MinidumpLimits.MaxRegionBytes - Size);
        if (length > 0)
        {
            _parts.Add(bytes[..length]);
            Size += length;
        }

        return bytes.Length - length;
    }
}
