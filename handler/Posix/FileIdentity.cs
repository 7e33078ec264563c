namespace CrashHandler.Handler.Posix;

/// <summary>Which file a descriptor or a name stands for, by statx(2): a name may have become another file's.</summary>
/// <param name="DeviceMajor">Major number of its file system's device.</param>
/// <param name="DeviceMinor">Minor number.</param>
/// <param name="Inode">Its number there.</param>
internal readonly record struct FileIdentity(uint DeviceMajor, uint DeviceMinor, ulong Inode)
{
    /// <summary>Of an open file.</summary>
    /// <exception cref="SyscallException">statx failed.</exception>
    public static FileIdentity Of(FileDescriptor file, string path)
        => Of(file.Number, "", Libc.AT_EMPTY_PATH) ?? throw SyscallException.Last("statx", path);

    /// <summary>Of what a name stands for, links not followed; null when there is nothing.</summary>
    /// <exception cref="SyscallException">statx failed otherwise.</exception>
    public static FileIdentity? Of(string path)
        => Of(Libc.AT_FDCWD, path, Libc.AT_SYMLINK_NOFOLLOW)
            ?? (SyscallException.Last("statx", path) is { Errno: not Libc.ENOENT } failure ? throw failure : null);

    /// <summary>Whether an open file is a regular one.</summary>
    /// <exception cref="SyscallException">statx failed.</exception>
    public static unsafe bool IsRegular(FileDescriptor file, string path)
    {
        Libc.StatX status;
        return Libc.statx(file.Number, "", Libc.AT_EMPTY_PATH, Libc.STATX_TYPE, &status) == 0
            ? (status.Mode & Libc.S_IFMT) == Libc.S_IFREG
            : throw SyscallException.Last("statx", path);
    }

    /// <summary>Whether what a name stands for is a regular file, links not followed; null when there is nothing.</summary>
    /// <exception cref="SyscallException">statx failed otherwise.</exception>
    public static unsafe bool? IsRegular(string path)
    {
        Libc.StatX status;
        return Libc.statx(Libc.AT_FDCWD, path, Libc.AT_SYMLINK_NOFOLLOW, Libc.STATX_TYPE, &status) == 0 ? (status.Mode & Libc.S_IFMT) == Libc.S_IFREG
            : SyscallException.Last("statx", path) is { Errno: not Libc.ENOENT } failure ? throw failure : null;
    }

    private static unsafe FileIdentity? Of(int directory, string path, int flags)
    {
        Libc.StatX status;
        return Libc.statx(directory, path, flags, Libc.STATX_INO, &status) == 0
            ? new FileIdentity(status.DeviceMajor, status.DeviceMinor, status.Inode)
            : null;
    }
}
