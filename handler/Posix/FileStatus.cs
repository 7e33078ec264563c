namespace CrashHandler.Handler.Posix;

/// <summary>Owner and mode of an open file, by statx(2).</summary>
/// <param name="UserId">Its owner.</param>
/// <param name="Mode">Type and permissions.</param>
internal readonly record struct FileStatus(uint UserId, ushort Mode)
{
    private const uint STATX_TYPE = 0x1, STATX_MODE = 0x2, STATX_UID = 0x8;
    private const int GroupAndOthersWrite = 0x12;

    /// <summary>Whether it is a regular file.</summary>
    public bool IsRegular => (Mode & Libc.S_IFMT) == Libc.S_IFREG;

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
}
