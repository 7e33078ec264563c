using CrashHandler.Handler.Minidump.Format;

namespace CrashHandler.Handler.Minidump;

/// <summary>Memory in a dump that the system wrote, by its addresses. Ranges may overlap: Wine's do.</summary>
internal sealed class MemoryRanges
{
    private readonly WrittenDump _dump;
    private readonly MinidumpMemoryDescriptor[] _ranges;

    // Of the ranges up to one, the index of that which goes on the longest.
    private readonly int[] _longest;

    /// <summary>Sorts them.</summary>
    /// <param name="dump">What they are ranges of.</param>
    /// <param name="ranges">In any order; those beyond the highest address are passed over.</param>
    public MemoryRanges(WrittenDump dump, IEnumerable<MinidumpMemoryDescriptor> ranges)
    {
        _dump = dump;
        _ranges = [.. ranges.Where(range => range.StartOfMemoryRange <= ulong.MaxValue - range.Memory.DataSize).OrderBy(range => range.StartOfMemoryRange)];
        _longest = new int[_ranges.Length];
        for (int i = 1; i < _ranges.Length; i++)
        {
            _longest[i] = End(_ranges[i]) > End(_ranges[_longest[i - 1]]) ? i : _longest[i - 1];
        }
    }

    /// <summary>Of those that hold an address, the one that goes on the longest; null: none does.</summary>
    public MinidumpMemoryDescriptor? With(ulong address)
    {
        int low = 0, high = _ranges.Length;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            (low, high) = _ranges[middle].StartOfMemoryRange <= address ? (middle + 1, high) : (low, middle);
        }

        return low > 0 && _ranges[_longest[low - 1]] is var range && address < End(range) ? range : null;
    }

    /// <summary>What there is from an address on, without a gap.</summary>
    /// <exception cref="InvalidDataException">A range ends outside the file.</exception>
    public byte[] BytesAt(ulong address, ulong length)
    {
        List<(long Offset, int Count)> parts = [];
        int done = 0;
        while ((ulong)done < length && With(address + (ulong)done) is { } range)
        {
            ulong skipped = address + (ulong)done - range.StartOfMemoryRange;
            int count = (int)Math.Min(length - (ulong)done, range.Memory.DataSize - skipped);
            parts.Add((range.Memory.Rva + (long)skipped, count));
            done += count;
        }

        byte[] bytes = new byte[done];
        done = 0;
        foreach ((long offset, int count) in parts)
        {
            if (_dump.Read(bytes.AsSpan(done, count), offset) < count)
            {
                throw new InvalidDataException($"the dump that the system wrote ends within {count} bytes of memory at 0x{offset:x}");
            }

            done += count;
        }

        return bytes;
    }

    private static ulong End(MinidumpMemoryDescriptor range) => range.StartOfMemoryRange + range.Memory.DataSize;
}
