namespace CrashHandler.Handler.Posix;

/// <summary>What a file system has left, by statfs(2).</summary>
/// <param name="Type">Its magic number.</param>
/// <param name="TotalBytes">All there is.</param>
/// <param name="FreeBytes">What this user may take of it.</param>
/// <param name="TotalFiles">Inodes; 0: it has no such limit.</param>
/// <param name="FreeFiles">Inodes that are left.</param>
internal readonly record struct FileSystemSpace(long Type, long TotalBytes, long FreeBytes, long TotalFiles, long FreeFiles)
{
    // linux/magic.h
    public const long Tmpfs = 0x01021994, Ramfs = 0x858458f6, Overlayfs = 0x794c7630;

    /// <summary>Of the file system that a path is on.</summary>
    /// <exception cref="SyscallException">statfs failed.</exception>
    public static unsafe FileSystemSpace Of(string path)
    {
        Libc.StatFs status;
        return Libc.statfs(path, &status) == 0
            ? new FileSystemSpace(
                status.Type, (long)status.Blocks * status.BlockBytes, (long)status.AvailableBlocks * status.BlockBytes, (long)status.Files, (long)status.FreeFiles)
            : throw SyscallException.Last("statfs", path);
    }
}
