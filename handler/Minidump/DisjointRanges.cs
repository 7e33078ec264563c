namespace CrashHandler.Handler.Minidump;

/// <summary>Ranges of addresses that do not overlap.</summary>
internal sealed class DisjointRanges
{
    // Ends by starts.
    private readonly SortedList<ulong, ulong> _taken = [];

    /// <summary>Adds a range, unless it overlaps one.</summary>
    public bool TryTake(ulong start, ulong end) => IsFree(start, end) && _taken.TryAdd(start, end);

    /// <summary>Whether it overlaps none.</summary>
    public bool IsFree(ulong start, ulong end)
    {
        int low = 0;
        int high = _taken.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_taken.GetKeyAtIndex(middle) < end)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        // Now low is the number of ranges that begin before the end; the last of them must end before the start.
        return low == 0 || _taken.GetValueAtIndex(low - 1) <= start;
    }
}
