using System.Buffers;
using CrashHandler.Handler.Posix;
using Microsoft.Win32.SafeHandles;

namespace CrashHandler.Handler.Reports;

/// <summary>Small files that are whole or absent after any interruption: temporary name, fsync, rename, fsync of the directory.</summary>
internal static unsafe class DurableFile
{
    /// <summary>What <see cref="Write"/> puts behind a file's name until it is whole.</summary>
    public const string TemporarySuffix = ".tmp";

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const int FirstReadBytes = 8_192;

    /// <summary>Creates a file that did not exist, never through a link.</summary>
    /// <exception cref="SyscallException">open failed; EEXIST among others.</exception>
    public static FileDescriptor Create(string path) => OpenOwnerOnly(path, Libc.O_RDWR | Libc.O_CREAT | Libc.O_EXCL);

    /// <summary>Opens a lock file, making it where it is missing.</summary>
    /// <exception cref="SyscallException">open failed.</exception>
    public static FileDescriptor OpenLock(string path) => OpenOwnerOnly(path, Libc.O_RDWR | Libc.O_CREAT);

    /// <summary>
    /// Opens a file for reading. Not by .NET's own means, which take a shared flock and fail while a filer still holds the exclusive one. A pipe
    /// somebody put there does not block.
    /// </summary>
    /// <exception cref="SyscallException">open failed.</exception>
    public static FileDescriptor OpenRead(string path) => Open(path, Libc.O_RDONLY | Libc.O_NONBLOCK);

    /// <summary>Opens a file that is not the database's for reading; links are followed.</summary>
    /// <exception cref="SyscallException">open failed.</exception>
    public static FileDescriptor OpenThroughLinks(string path)
    {
        int fd = Libc.open(path, Libc.O_RDONLY | Libc.O_NONBLOCK | Libc.O_NOCTTY | Libc.O_CLOEXEC, 0);
        return fd >= 0 ? new FileDescriptor(fd) : throw SyscallException.Last("open", path);
    }

    /// <summary>Opens a file for reading as a stream; see <see cref="OpenRead"/>.</summary>
    /// <exception cref="SyscallException">open failed.</exception>
    public static FileStream OpenStream(string path)
    {
        SafeFileHandle file = new(OpenNumber(path, Libc.O_RDONLY | Libc.O_NONBLOCK), ownsHandle: true);
        return new FileStream(file, FileAccess.Read);
    }

    /// <summary>
    /// As <see cref="OpenStream"/>, of a file whose directories, too, may be no links: what root hands on of somebody else's database must not come from elsewhere. The database itself may be
    /// reached through a link.
    /// </summary>
    /// <param name="database">Directory of the database.</param>
    /// <param name="path">The file, somewhere below.</param>
    /// <exception cref="SyscallException">It cannot be opened, or something on the way is a link.</exception>
    public static FileStream OpenStreamBelow(string database, string path)
    {
        string[] names = Path.GetRelativePath(database, path).Split(Path.DirectorySeparatorChar);
        FileDescriptor directory = Open(database, Libc.O_RDONLY | Libc.O_DIRECTORY);
        try
        {
            foreach (string name in names.AsSpan(0, names.Length - 1))
            {
                FileDescriptor next = new(OpenIn(directory, name, Libc.O_DIRECTORY, path));
                directory.Dispose();
                directory = next;
            }

            return new FileStream(new SafeFileHandle(OpenIn(directory, names[^1], Libc.O_NONBLOCK, path), ownsHandle: true), FileAccess.Read);
        }
        finally
        {
            directory.Dispose();
        }
    }

    /// <summary>A file's contents; null when there is none.</summary>
    /// <param name="path">Where.</param>
    /// <param name="maxBytes">The longest that is read.</param>
    /// <exception cref="InvalidDataException">It is longer.</exception>
    /// <exception cref="SyscallException">open or read failed.</exception>
    public static byte[]? Read(string path, int maxBytes) => Read(path, maxBytes, contents => contents.ToArray());

    /// <summary>What is made of a file's contents; null when there is none. A small file is read into memory that the one before was read into: of thousands, new memory for each costs as much as its reading.</summary>
    /// <param name="path">Where.</param>
    /// <param name="maxBytes">The longest that is read.</param>
    /// <param name="make">Given the contents. What it throws comes out of here.</param>
    /// <exception cref="InvalidDataException">It is longer.</exception>
    /// <exception cref="SyscallException">open or read failed.</exception>
    public static T? Read<T>(string path, int maxBytes, Func<ReadOnlySpan<byte>, T> make)
        where T : class
    {
        FileDescriptor file;
        try
        {
            file = OpenRead(path);
        }
        catch (SyscallException missing) when (missing.Errno == Libc.ENOENT)
        {
            return null;
        }

        using (file)
        {
            byte[] rented = ArrayPool<byte>.Shared.Rent(FirstReadBytes);
            try
            {
                byte[] buffer = rented;
                int length = 0;
                while (ReadSome(file, path, buffer.AsSpan(length)) is int count and > 0)
                {
                    length += count;
                    if (length > maxBytes)
                    {
                        throw new InvalidDataException($"it has more than {maxBytes} bytes");
                    }

                    if (length == buffer.Length)
                    {
                        // What is larger is not kept for another file.
                        Array.Resize(ref buffer, buffer.Length * 2);
                    }
                }

                return make(buffer.AsSpan(0, length));
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(rented);
            }
        }
    }

    /// <summary>Reads the beginning of a file, as much of it as one read gives.</summary>
    /// <returns>How many bytes that is.</returns>
    /// <exception cref="SyscallException">read failed.</exception>
    public static int ReadSome(FileDescriptor file, string path, Span<byte> buffer)
    {
        fixed (byte* bytes = buffer)
        {
            nint count = Libc.read(file.Number, bytes, buffer.Length);
            return count >= 0 ? (int)count : throw SyscallException.Last("read", path);
        }
    }

    /// <summary>Replaces a file's contents at once.</summary>
    /// <exception cref="SyscallException">Writing, syncing or renaming failed; the file is as it was.</exception>
    public static void Write(string path, ReadOnlySpan<byte> contents)
    {
        string temporary = path + TemporarySuffix;
        using (FileDescriptor file = WriteTemporary(temporary, contents))
        {
            try
            {
                Sync(file, temporary);
                Rename(temporary, path);
            }
            catch
            {
                _ = Libc.unlink(temporary);
                throw;
            }
        }

        SyncDirectory(Path.GetDirectoryName(path)!);
    }

    /// <summary>Replaces a file's contents at once, but a power cut may undo it until the returned file and its directory are synced.</summary>
    /// <exception cref="SyscallException">Writing or renaming failed; the file is as it was.</exception>
    public static FileDescriptor WriteUnsynced(string path, ReadOnlySpan<byte> contents)
    {
        string temporary = path + TemporarySuffix;
        FileDescriptor file = WriteTemporary(temporary, contents);
        try
        {
            Rename(temporary, path);
            return file;
        }
        catch
        {
            file.Dispose();
            _ = Libc.unlink(temporary);
            throw;
        }
    }

    // One writer at a time by the locks above this; a leftover is of a dead one.
    private static FileDescriptor CreateAnew(string path)
    {
        try
        {
            return Create(path);
        }
        catch (SyscallException leftover) when (leftover.Errno == Libc.EEXIST)
        {
            Remove(path);
            return Create(path);
        }
    }

    private static FileDescriptor WriteTemporary(string temporary, ReadOnlySpan<byte> contents)
    {
        FileDescriptor file = CreateAnew(temporary);
        try
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

            return file;
        }
        catch
        {
            file.Dispose();
            _ = Libc.unlink(temporary);
            throw;
        }
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

    /// <summary>Removes a file; one that is gone already is no failure.</summary>
    /// <exception cref="SyscallException">unlink failed.</exception>
    public static void Remove(string path)
    {
        if (Libc.unlink(path) != 0 && SyscallException.Last("unlink", path) is { Errno: not Libc.ENOENT } failure)
        {
            throw failure;
        }
    }

    /// <summary>Takes a file's exclusive flock, waiting for it.</summary>
    /// <returns>False: somebody else has had it for all of <paramref name="limit"/>.</returns>
    /// <exception cref="SyscallException">flock failed.</exception>
    public static bool TryLock(FileDescriptor file, string path, TimeSpan limit)
    {
        if (TryLock(file, path))
        {
            return true;
        }

        // flock has no time limit of its own, and who polls is passed by for ever by those who do not. A thread that is left behind ends when the lock
        // comes, and lets it go at once if the file is closed by then.
        int number = file.Number;
        Thread waiter = new(() => _ = Libc.flock(number, Libc.LOCK_EX)) { IsBackground = true, Name = "lock" };
        waiter.Start();
        return waiter.Join(limit) && TryLock(file, path);
    }

    /// <summary>Takes a file's exclusive flock.</summary>
    /// <returns>False: somebody else has it.</returns>
    /// <exception cref="SyscallException">flock failed for another reason.</exception>
    public static bool TryLock(FileDescriptor file, string path)
        => Libc.flock(file.Number, Libc.LOCK_EX | Libc.LOCK_NB) == 0
            || (SyscallException.Last("flock", path) is { Errno: not Libc.EAGAIN } failure ? throw failure : false);

    /// <summary>Takes a file's shared flock, if nobody has the exclusive one.</summary>
    public static void TryShare(FileDescriptor file) => _ = Libc.flock(file.Number, Libc.LOCK_SH | Libc.LOCK_NB);

    /// <summary>Takes a file's exclusive flock, waiting without a limit.</summary>
    /// <exception cref="SyscallException">flock failed.</exception>
    public static void Lock(FileDescriptor file, string path)
    {
        while (Libc.flock(file.Number, Libc.LOCK_EX) != 0)
        {
            if (SyscallException.Last("flock", path) is { Errno: not Libc.EINTR } failure)
            {
                throw failure;
            }
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
        using FileDescriptor directory = Open(path, Libc.O_RDONLY | Libc.O_DIRECTORY);
        Sync(directory, path);
    }

    private static FileDescriptor Open(string path, int flags) => new(OpenNumber(path, flags));

    private static int OpenNumber(string path, int flags)
    {
        // The database itself may be reached through a link, its own files may not.
        int noFollow = (flags & Libc.O_DIRECTORY) == 0 ? Libc.O_NOFOLLOW : 0;
        int fd = Libc.open(path, flags | noFollow | Libc.O_CLOEXEC, (uint)OwnerOnly);
        return fd >= 0 ? fd : throw SyscallException.Last("open", path);
    }

    private static int OpenIn(FileDescriptor directory, string name, int flags, string path)
    {
        int fd = Libc.openat(directory.Number, name, Libc.O_RDONLY | Libc.O_NOFOLLOW | Libc.O_CLOEXEC | flags, 0);
        return fd >= 0 ? fd : throw SyscallException.Last("openat", path);
    }

    // open's mode passes the umask, which may take even the owner's rights.
    private static FileDescriptor OpenOwnerOnly(string path, int flags)
    {
        FileDescriptor file = Open(path, flags);
        if (Libc.fchmod(file.Number, (uint)OwnerOnly) == 0)
        {
            return file;
        }

        SyscallException failure = SyscallException.Last("fchmod", path);
        file.Dispose();
        throw failure;
    }
}
