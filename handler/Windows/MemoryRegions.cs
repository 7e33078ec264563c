using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Posix;

/// <summary>What lies where in a process.</summary>
internal static unsafe partial class MemoryRegions
{
    /// <summary>Its regions, by address.</summary>
    /// <param name="process">Open with PROCESS_QUERY_INFORMATION.</param>
    /// <param name="limit">How many at most.</param>
    public static List<MemoryBasicInformation> Of(nint process, int limit)
    {
        List<MemoryBasicInformation> regions = [];
        MemoryBasicInformation region;
        nuint address = 0;
        // It fails behind the last one.
        while (regions.Count < limit && VirtualQueryEx(process, address, &region, (nuint)sizeof(MemoryBasicInformation)) != 0 && region.BaseAddress + region.RegionSize is var next && next > address)
        {
            regions.Add(region);
            address = next;
        }

        return regions;
    }

    [LibraryImport("kernel32", SetLastError = true)] private static partial nuint VirtualQueryEx(nint process, nuint address, MemoryBasicInformation* information, nuint bytes);
}
