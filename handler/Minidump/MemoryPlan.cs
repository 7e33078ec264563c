using CrashHandler.Handler.Capture;

namespace CrashHandler.Handler.Minidump;

/// <summary>Which memory a dump holds: sorted, never empty, never overlapping, within the limits. Pure.</summary>
internal sealed class MemoryPlan
{
    private readonly List<MemoryRegion> _regions = [];

    /// <summary>The ranges, ascending.</summary>
    public IReadOnlyList<MemoryRegion> Regions => _regions;

    /// <summary>Chooses and joins.</summary>
    /// <param name="pieces">What was captured, the most valuable first: where a limit is met, the last ones are left out.</param>
    /// <param name="room">Bytes the file has left.</param>
    /// <param name="cuts">Gets what was left out.</param>
    public static MemoryPlan Of(IEnumerable<MemorySnapshot> pieces, ulong room, ICollection<SoftError> cuts)
    {
        MemoryPlan plan = new();
        List<MemorySnapshot> chosen = Choose(pieces, room, cuts);
        chosen.Sort((a, b) => a.Address != b.Address ? a.Address.CompareTo(b.Address) : b.Bytes.Length.CompareTo(a.Bytes.Length));
        foreach (MemorySnapshot piece in chosen)
        {
            plan.Join(piece, cuts);
        }

        return plan;
    }

    /// <summary>The region that holds an address, or -1.</summary>
    public int IndexOf(ulong address)
    {
        int low = 0;
        int high = _regions.Count - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            MemoryRegion region = _regions[middle];
            if (address < region.Address)
            {
                high = middle - 1;
            }
            else if (address >= region.End)
            {
                low = middle + 1;
            }
            else
            {
                return middle;
            }
        }

        return -1;
    }

    private static List<MemorySnapshot> Choose(IEnumerable<MemorySnapshot> pieces, ulong room, ICollection<SoftError> cuts)
    {
        List<MemorySnapshot> chosen = [];
        int aboveCount = 0;
        int aboveRoom = 0;
        foreach (MemorySnapshot piece in pieces)
        {
            ulong cost = (ulong)piece.Bytes.Length + MinidumpLayout.BlockAlignment;
            if (piece.Bytes.Length == 0)
            {
                continue;
            }

            if (piece.End < piece.Address)
            {
                cuts.Add(new SoftError("MemoryList", $"{piece.Address:x}", $"{piece.Bytes.Length} bytes would pass the end of the address space"));
            }
            else if (chosen.Count == MinidumpLimits.MaxRegions)
            {
                aboveCount++;
            }
            else if (cost > room)
            {
                aboveRoom++;
            }
            else
            {
                chosen.Add(piece);
                room -= cost;
            }
        }

        if (aboveCount > 0)
        {
            cuts.Add(new SoftError("MemoryList", $"{aboveCount} ranges", $"limit of {MinidumpLimits.MaxRegions} ranges"));
        }

        if (aboveRoom > 0)
        {
            cuts.Add(new SoftError("MemoryList", $"{aboveRoom} ranges", $"limit of {MinidumpLimits.MaxFileBytes} bytes of a file"));
        }

        return chosen;
    }

    private void Join(MemorySnapshot piece, ICollection<SoftError> cuts)
    {
        ReadOnlyMemory<byte> bytes = piece.Bytes;
        MemoryRegion? last = _regions.Count == 0 ? null : _regions[^1];
        bool isBehind = last is not null && piece.Address == last.End && last.Size + piece.Bytes.Length <= MinidumpLimits.MaxRegionBytes;
        if (last is null || (piece.Address >= last.End && !isBehind))
        {
            last = new MemoryRegion(piece.Address);
            _regions.Add(last);
        }
        else if (piece.End <= last.End)
        {
            return;
        }
        else
        {
            bytes = bytes[(int)(last.End - piece.Address)..];
        }

        int cut = last.Append(bytes);
        if (cut > 0)
        {
            cuts.Add(new SoftError("MemoryList", $"{last.Address:x}", $"{cut} bytes above the limit of {MinidumpLimits.MaxRegionBytes} bytes of a range"));
        }
    }
}
