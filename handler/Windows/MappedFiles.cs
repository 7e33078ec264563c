using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Posix;

/// <summary>Which files a process has mapped: its libraries, and the assemblies that its runtime maps without loading them.</summary>
internal static unsafe partial class MappedFiles
{
    private const int LongestPath = 32_768;

    /// <summary>Their paths, each once.</summary>
    /// <param name="process">Open with PROCESS_QUERY_INFORMATION and PROCESS_VM_READ.</param>
    /// <param name="regions">How many regions are looked at.</param>
    public static IReadOnlyList<string> Of(nint process, int regions)
    {
        HashSet<string> paths = new(StringComparer.OrdinalIgnoreCase);
        IReadOnlyList<(string Device, string Drive)> drives = Drives();
        char[] buffer = new char[LongestPath];
        nuint last = 0;
        foreach (MemoryBasicInformation region in MemoryRegions.Of(process).Take(regions))
        {
            // A file is mapped in one allocation of many regions.
            if (region.Type is MemoryBasicInformation.MEM_IMAGE or MemoryBasicInformation.MEM_MAPPED && region.AllocationBase != last && Name(process, region.AllocationBase, buffer) is { } name)
            {
                _ = paths.Add(Named(name, drives));
            }

            last = region.AllocationBase;
        }

        return [.. paths];
    }

    // A section without a file has no name.
    private static string? Name(nint process, nuint address, char[] buffer)
    {
        fixed (char* characters = buffer)
        {
            uint length = K32GetMappedFileNameW(process, address, characters, LongestPath);
            return length > 0 ? new string(characters, 0, (int)length) : null;
        }
    }

    // The system names a file by its volume's device.
    private static string Named(string path, IReadOnlyList<(string Device, string Drive)> drives)
    {
        foreach ((string device, string drive) in drives)
        {
            if (path.StartsWith(device, StringComparison.OrdinalIgnoreCase) && path.Length > device.Length && path[device.Length] == '\\')
            {
                return drive + path[device.Length..];
            }
        }

        return path.StartsWith(@"\Device\", StringComparison.OrdinalIgnoreCase) ? @"\\?\GLOBALROOT" + path : path.StartsWith(@"\??\", StringComparison.Ordinal) ? path[4..] : path;
    }

    private static List<(string Device, string Drive)> Drives()
    {
        List<(string, string)> drives = [];
        char[] buffer = new char[LongestPath];
        foreach (string root in Environment.GetLogicalDrives())
        {
            string drive = root.TrimEnd('\\');
            fixed (char* characters = buffer)
            {
                // Several texts, the present one first.
                if (QueryDosDeviceW(drive, characters, LongestPath) != 0)
                {
                    drives.Add((new string(characters), drive));
                }
            }
        }

        return drives;
    }

    [LibraryImport("kernel32", SetLastError = true)] private static partial uint K32GetMappedFileNameW(nint process, nuint address, char* name, uint characters);
    [LibraryImport("kernel32", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)] private static partial uint QueryDosDeviceW(string device, char* target, uint characters);
}
