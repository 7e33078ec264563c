using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Capture.Windows;

/// <summary>Where a process has code: its images', and what its runtime compiled.</summary>
internal sealed class CodeRanges
{
    private readonly List<ulong> _starts;
    private readonly List<ulong> _ends;

    private CodeRanges(List<ulong> starts, List<ulong> ends, string? problem)
    {
        _starts = starts;
        _ends = ends;
        Problem = problem;
    }

    /// <summary>Why some of it is not known; null: all is, as far as the system tells.</summary>
    public string? Problem { get; }

    /// <summary>Looks, within <see cref="WindowsDumpLimits.Regions"/>: what is beyond is taken for none.</summary>
    public static CodeRanges Of(TargetProcess process)
    {
        int regions = 0;
        List<ulong> starts = [], ends = [];
        foreach (MemoryBasicInformation region in MemoryRegions.Of(process.Handle).Take(WindowsDumpLimits.Regions))
        {
            regions++;
            if (region.IsCode())
            {
                starts.Add(region.BaseAddress);
                ends.Add(region.BaseAddress + region.RegionSize);
            }
        }

        string? problem = starts.Count == 0 ? "VirtualQueryEx names no code: nothing on the stacks is taken for a pointer into code"
            : regions == WindowsDumpLimits.Regions ? $"code behind the first {WindowsDumpLimits.Regions} regions of memory is not taken for code"
            : null;
        return new CodeRanges(starts, ends, problem);
    }

    /// <summary>Whether an address is in one.</summary>
    public bool Holds(ulong address)
    {
        int index = _starts.BinarySearch(address);
        index = index >= 0 ? index : ~index - 1;
        return index >= 0 && address < _ends[index];
    }
}
