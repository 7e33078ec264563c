using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Capture.Windows;

/// <summary>Where a process has code: its images', and what its runtime compiled.</summary>
internal sealed class CodeRanges
{
    private readonly List<ulong> _starts = [];
    private readonly List<ulong> _ends = [];

    private CodeRanges(List<MemoryBasicInformation> regions)
    {
        foreach (MemoryBasicInformation region in regions.Where(region => region.IsCode()))
        {
            _starts.Add(region.BaseAddress);
            _ends.Add(region.BaseAddress + region.RegionSize);
        }
    }

    /// <summary>Looks, within <see cref="WindowsDumpLimits.Regions"/>: what is beyond is taken for none.</summary>
    public static CodeRanges Of(TargetProcess process) => new(MemoryRegions.Of(process.Handle, WindowsDumpLimits.Regions));

    /// <summary>Whether an address is in one.</summary>
    public bool Holds(ulong address)
    {
        int index = _starts.BinarySearch(address);
        index = index >= 0 ? index : ~index - 1;
        return index >= 0 && address < _ends[index];
    }
}
