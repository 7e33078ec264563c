namespace CrashHandler.Handler.Posix;

/// <summary>What a name in a directory stands for, links not followed, by statx(2).</summary>
/// <param name="Mode">Type and permissions.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="ChangeSeconds">When it was last changed, renamed or linked (ctime), in seconds since 1970.</param>
internal readonly record struct EntryStatus(ushort Mode, long Bytes, long ChangeSeconds)
{
    /// <summary>Whether it is a regular file.</summary>
    public bool IsRegular => (Mode & Libc.S_IFMT) == Libc.S_IFREG;

    /// <summary>Whether it is a directory.</summary>
    public bool IsDirectory => (Mode & Libc.S_IFMT) == Libc.S_IFDIR;

    /// <summary>Looks.</summary>
    /// <returns>False: there is nothing of this name.</returns>
    /// <exception cref="SyscallException">statx failed otherwise.</exception>
    public static unsafe bool TryRead(string path, out EntryStatus entry)
    {
        Libc.StatX status;
        if (Libc.statx(Libc.AT_FDCWD, path, Libc.AT_SYMLINK_NOFOLLOW, Libc.STATX_TYPE | Libc.STATX_SIZE | Libc.STATX_CTIME, &status) == 0)
        {
            entry = new EntryStatus(status.Mode, (long)status.Size, status.ChangeSeconds);
            return true;
        }

        entry = default;
        return SyscallException.Last("statx", path) is { Errno: not Libc.ENOENT } failure ? throw failure : false;
    }
}
