namespace CrashHandler.Handler.Posix;

/// <summary>Type of a file.</summary>
/// <param name="Mode">As Linux writes it; there are no permissions in it.</param>
internal readonly record struct FileStatus(ushort Mode)
{
    /// <summary>Whether it is a regular file.</summary>
    public bool IsRegular => (Mode & Libc.S_IFMT) == Libc.S_IFREG;

    /// <summary>Whether it is a directory.</summary>
    public bool IsDirectory => (Mode & Libc.S_IFMT) == Libc.S_IFDIR;

    /// <summary>Of what a path leads to; null: nothing is there.</summary>
    /// <exception cref="SyscallException">It cannot be opened.</exception>
    public static FileStatus? Of(string path)
    {
        int fd = Libc.Look(path, followsLinks: true);
        if (fd < 0)
        {
            return SyscallException.Last("open", path) is { Errno: not Libc.ENOENT } failure ? throw failure : null;
        }

        using FileDescriptor file = new(fd);
        return Libc.Describe(fd, out _, out int type) == 0 ? new FileStatus((ushort)type) : throw SyscallException.Last("fstat", path);
    }
}
