using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Posix;

/// <summary>What lies where in a process.</summary>
internal static unsafe partial class MemoryRegions
{
    /// <summary>Its regions, by address, as they are asked for; none any more: the last one is behind, or the process has ended.</summary>
    /// <param name="process">Open with PROCESS_QUERY_INFORMATION.</param>
    public static IEnumerable<MemoryBasicInformation> Of(nint process)
    {
        nuint address = 0;
        while (TryQuery(process, address, out MemoryBasicInformation region) && region.BaseAddress + region.RegionSize > address)
        {
            address = region.BaseAddress + region.RegionSize;
            yield return region;
        }
    }

    private static bool TryQuery(nint process, nuint address, out MemoryBasicInformation region)
    {
        MemoryBasicInformation found;
        bool isFound = VirtualQueryEx(process, address, &found, (nuint)sizeof(MemoryBasicInformation)) != 0;
        region = isFound ? found : default;
        return isFound;
    }

    [LibraryImport("kernel32", SetLastError = true)] private static partial nuint VirtualQueryEx(nint process, nuint address, MemoryBasicInformation* information, nuint bytes);
}
