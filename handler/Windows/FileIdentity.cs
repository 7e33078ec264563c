namespace CrashHandler.Handler.Posix;

/// <summary>Which file a handle or a name stands for: a name may have become another file's.</summary>
/// <param name="Volume">Serial number of its volume.</param>
/// <param name="Index">Its number there, unique as long as it is open.</param>
internal readonly record struct FileIdentity(uint Volume, ulong Index)
{
    /// <summary>Of an open file.</summary>
    /// <exception cref="SyscallException">It cannot be told.</exception>
    public static FileIdentity Of(FileDescriptor file, string path)
        => Libc.Describe(file.Number, out Libc.HandleInformation found, out _) == 0
            ? new FileIdentity(found.VolumeSerialNumber, ((ulong)found.IndexHigh << 32) | found.IndexLow)
            : throw SyscallException.Last("fstat", path);

    /// <summary>Of what a name stands for, links not followed; null when there is nothing.</summary>
    /// <exception cref="SyscallException">It cannot be opened.</exception>
    public static FileIdentity? Of(string path)
    {
        using FileDescriptor? file = TryLook(path);
        return file is null ? null : Of(file, path);
    }

    /// <summary>Whether an open file is a regular one.</summary>
    /// <exception cref="SyscallException">It cannot be told.</exception>
    public static bool IsRegular(FileDescriptor file, string path)
        => Libc.Describe(file.Number, out _, out int type) == 0 ? type == Libc.S_IFREG : throw SyscallException.Last("fstat", path);

    /// <summary>Whether what a name stands for is a regular file, links not followed; null when there is nothing.</summary>
    /// <exception cref="SyscallException">It cannot be opened.</exception>
    public static bool? IsRegular(string path)
    {
        using FileDescriptor? file = TryLook(path);
        return file is null ? null : IsRegular(file, path);
    }

    private static FileDescriptor? TryLook(string path)
    {
        int fd = Libc.Look(path, followsLinks: false);
        return fd >= 0 ? new FileDescriptor(fd) : SyscallException.Last("open", path) is { Errno: not Libc.ENOENT } failure ? throw failure : null;
    }
}
