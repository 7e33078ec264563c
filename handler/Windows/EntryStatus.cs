namespace CrashHandler.Handler.Posix;

/// <summary>What a name in a directory stands for, links not followed.</summary>
/// <param name="Mode">Type, as Linux writes it.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="ChangeSeconds">When it was last changed, renamed or linked (ChangeTime of FILE_BASIC_INFO), in seconds since 1970.</param>
internal readonly record struct EntryStatus(ushort Mode, long Bytes, long ChangeSeconds)
{
    /// <summary>Whether it is a regular file.</summary>
    public bool IsRegular => (Mode & Libc.S_IFMT) == Libc.S_IFREG;

    /// <summary>Whether it is a directory.</summary>
    public bool IsDirectory => (Mode & Libc.S_IFMT) == Libc.S_IFDIR;

    /// <summary>Looks.</summary>
    /// <returns>False: there is nothing of this name.</returns>
    /// <exception cref="SyscallException">It cannot be opened.</exception>
    public static bool TryRead(string path, out EntryStatus entry)
    {
        entry = default;
        int fd = Libc.Look(path, followsLinks: false);
        if (fd < 0)
        {
            return SyscallException.Last("open", path) is { Errno: not Libc.ENOENT } failure ? throw failure : false;
        }

        using FileDescriptor file = new(fd);
        if (Libc.Describe(fd, out Libc.HandleInformation found, out int type) != 0 || Libc.ChangeTime(fd, out long changed) != 0)
        {
            throw SyscallException.Last("fstat", path);
        }

        entry = new EntryStatus((ushort)type, ((long)found.SizeHigh << 32) | found.SizeLow, DateTimeOffset.FromFileTime(changed).ToUnixTimeSeconds());
        return true;
    }
}
