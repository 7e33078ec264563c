using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Posix;

/// <summary>What a volume has left, by GetDiskFreeSpaceEx.</summary>
/// <param name="TotalBytes">All there is for this user.</param>
/// <param name="FreeBytes">What this user may take of it.</param>
internal readonly partial record struct FileSystemSpace(long TotalBytes, long FreeBytes)
{
    /// <summary>0: a volume has room for files as long as it has bytes.</summary>
    public long TotalFiles => 0;

    /// <summary>Likewise.</summary>
    public long FreeFiles => 0;

    /// <summary>Of the volume that a path is on.</summary>
    /// <exception cref="SyscallException">It cannot be told.</exception>
    public static unsafe FileSystemSpace Of(string path)
    {
        long free, total;
        if (GetDiskFreeSpaceExW(Libc.LongPath(path), &free, &total, null) == 0)
        {
            _ = Win32Error.Fail(nameof(GetDiskFreeSpaceExW));
            throw SyscallException.Last(nameof(GetDiskFreeSpaceExW), path);
        }

        return new FileSystemSpace(total, free);
    }

    [LibraryImport("kernel32", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)] private static unsafe partial int GetDiskFreeSpaceExW(string path, long* free, long* total, long* allFree);
}
