namespace CrashHandler.Handler.Posix;

/// <summary>Owner and mode of a file, by statx(2).</summary>
/// <param name="UserId">Its owner.</param>
/// <param name="Mode">Type and permissions.</param>
internal readonly record struct FileStatus(uint UserId, ushort Mode)
{
    private const uint STATX_TYPE = 0x1, STATX_MODE = 0x2, STATX_UID = 0x8;
    private const int GroupAndOthersWrite = 0x12, PermissionBits = 0xFFF, S_IFDIR = 0x4000;

    /// <summary>Whether it is a regular file.</summary>
    public bool IsRegular => (Mode & Libc.S_IFMT) == Libc.S_IFREG;

    /// <summary>Whether it is a directory.</summary>
    public bool IsDirectory => (Mode & Libc.S_IFMT) == S_IFDIR;

    /// <summary>Its permissions, as chmod(2) takes them.</summary>
    public int Permissions => Mode & PermissionBits;

    /// <summary>Whether its group or others may write it.</summary>
    public bool IsWritableByOthers => (Mode & GroupAndOthersWrite) != 0;

    /// <summary>Of an open file.</summary>
    /// <exception cref="SyscallException">statx failed.</exception>
    public static unsafe FileStatus Of(FileDescriptor file, string path)
    {
        Libc.StatX status;
        return Libc.statx(file.Number, "", Libc.AT_EMPTY_PATH, STATX_TYPE | STATX_MODE | STATX_UID, &status) == 0
            ? new FileStatus(status.UserId, status.Mode)
            : throw SyscallException.Last("statx", path);
    }

    /// <summary>Of what a path leads to; null: nothing is there.</summary>
    /// <exception cref="SyscallException">statx failed otherwise.</exception>
    public static unsafe FileStatus? Of(string path)
    {
        Libc.StatX status;
        return Libc.statx(Libc.AT_FDCWD, path, 0, STATX_TYPE | STATX_MODE | STATX_UID, &status) == 0
            ? new FileStatus(status.UserId, status.Mode)
            : SyscallException.Last("statx", path) is { Errno: not Libc.ENOENT } failure ? throw failure : null;
    }
}
