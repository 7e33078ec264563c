using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Reports;

/// <summary>Small files that are whole or absent after any interruption: temporary name, fsync, rename, fsync of the directory.</summary>
internal static unsafe class DurableFile
{
    private const uint OwnerOnly = 0x180; // 0600
    private const string TemporarySuffix = ".tmp";

    /// <summary>Creates a file that did not exist, never through a link.</summary>
    /// <exception cref="SyscallException">open failed; EEXIST among others.</exception>
    public static FileDescriptor Create(string path)
    {
        int fd = Libc.open(path, Libc.O_RDWR | Libc.O_CREAT | Libc.O_EXCL | Libc.O_NOFOLLOW | Libc.O_CLOEXEC, OwnerOnly);
        return fd >= 0 ? new FileDescriptor(fd) : throw SyscallException.Last("open", path);
    }

    /// <summary>Opens a lock file, making it where it is missing.</summary>
    /// <exception cref="SyscallException">open failed.</exception>
    public static FileDescriptor OpenLock(string path)
    {
        int fd = Libc.open(path, Libc.O_RDWR | Libc.O_CREAT | Libc.O_NOFOLLOW | Libc.O_CLOEXEC, OwnerOnly);
        return fd >= 0 ? new FileDescriptor(fd) : throw SyscallException.Last("open", path);
    }

    /// <summary>Replaces a file's contents at once.</summary>
    /// <exception cref="SyscallException">Writing, syncing or renaming failed; the file is as it was.</exception>
    public static void Write(string path, ReadOnlySpan<byte> contents)
    {
        // One writer at a time by the locks above this; a leftover is of a dead one.
        string temporary = path + TemporarySuffix;
        _ = Libc.unlink(temporary);
        using (FileDescriptor file = Create(temporary))
        {
            fixed (byte* bytes = contents)
            {
                nint done = 0;
                while (done < contents.Length)
                {
                    nint count = Libc.write(file.Number, bytes + done, contents.Length - done);
                    done = count >= 0 ? done + count : throw SyscallException.Last("write", temporary);
                }
            }

            Sync(file, temporary);
        }

        Rename(temporary, path);
        SyncDirectory(Path.GetDirectoryName(path)!);
    }

    /// <summary>Moves a file within the file system.</summary>
    /// <exception cref="SyscallException">rename failed.</exception>
    public static void Rename(string from, string to)
    {
        if (Libc.rename(from, to) != 0)
        {
            throw SyscallException.Last("rename", from);
        }
    }

    /// <summary>fsync of an open file.</summary>
    /// <exception cref="SyscallException">fsync failed.</exception>
    public static void Sync(FileDescriptor file, string path)
    {
        if (Libc.fsync(file.Number) != 0)
        {
            throw SyscallException.Last("fsync", path);
        }
    }

    /// <summary>fsync of a directory: the names in it last.</summary>
    /// <exception cref="SyscallException">open or fsync failed.</exception>
    public static void SyncDirectory(string path)
    {
        int fd = Libc.open(path, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_CLOEXEC, 0);
        using FileDescriptor directory = fd >= 0 ? new FileDescriptor(fd) : throw SyscallException.Last("open", path);
        Sync(directory, path);
    }
}
