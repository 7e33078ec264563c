using System.Buffers.Binary;
using System.Buffers.Text;
using System.Text;
using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Stacks;

namespace CrashHandler.Handler.Capture.Linux;

/// <summary>Reading /proc: files that report size 0, links, and the list of threads.</summary>
internal static unsafe class ProcFs
{
    // The mappings of a small process.
    private const int FirstBufferBytes = 16_384;

    // struct linux_dirent64 of getdents64(2): u64 inode, s64 offset, u16 length of the record, u8 type, then the name with its NUL.
    private const int EntryLengthOffset = 16;
    private const int EntryNameOffset = 19;
    private const int EntriesBytes = 32_768;

    /// <summary>Reads a file until its end, or until <paramref name="limit"/> bytes.</summary>
    /// <param name="path">Absolute path.</param>
    /// <param name="limit">Bytes.</param>
    /// <param name="truncated">The limit was reached: there may be more.</param>
    /// <exception cref="SyscallException">It cannot be opened or read.</exception>
    public static byte[] Read(string path, int limit, out bool truncated)
    {
        // O_NONBLOCK: a path below a target's root may lead to a FIFO.
        using FileDescriptor file = Open(path, Libc.O_RDONLY | Libc.O_NONBLOCK);
        return Read(file, path, limit, out truncated);
    }

    /// <summary>Reads an open file from its beginning: whoever opened it may have read of it.</summary>
    /// <param name="file">The file.</param>
    /// <param name="path">What to call it.</param>
    /// <param name="limit">Bytes.</param>
    /// <param name="truncated">The limit was reached: there may be more.</param>
    /// <exception cref="SyscallException">It cannot be read.</exception>
    public static byte[] Read(FileDescriptor file, string path, int limit, out bool truncated)
    {
        Span<byte> buffer = stackalloc byte[FirstBufferBytes];
        int length = 0;
        while (length < limit)
        {
            if (length == buffer.Length)
            {
                byte[] larger = new byte[Math.Min(limit, buffer.Length * 4L)];
                buffer.CopyTo(larger);
                buffer = larger;
            }

            int got = ReadOnce(file, path, buffer[length..], length);
            if (got == 0)
            {
                break;
            }

            length += got;
        }

        truncated = length == limit;
        return buffer[..Math.Min(length, limit)].ToArray();
    }

    /// <summary>Reads a file that the kernel gives whole in one go, as it does those of one value or line.</summary>
    /// <param name="path">Absolute path.</param>
    /// <param name="buffer">Large enough for it.</param>
    /// <returns>How many bytes it has.</returns>
    /// <exception cref="SyscallException">It cannot be opened or read.</exception>
    public static int ReadShort(string path, Span<byte> buffer)
    {
        using FileDescriptor file = Open(path, Libc.O_RDONLY | Libc.O_NONBLOCK);
        return ReadOnce(file, path, buffer, 0);
    }

    /// <summary>Whether there is such a file.</summary>
    public static bool Exists(string path) => Libc.access(path, Libc.F_OK) == 0;

    /// <summary>Opens a file with <c>O_CLOEXEC</c>.</summary>
    /// <exception cref="SyscallException">It cannot be opened.</exception>
    public static FileDescriptor Open(string path, int flags)
    {
        int fd = Libc.open(path, flags | Libc.O_CLOEXEC, 0);
        return fd >= 0 ? new FileDescriptor(fd) : throw SyscallException.Last("open", path);
    }

    /// <summary>Where a link such as /proc/PID/exe points, without the kernel's " (deleted)".</summary>
    /// <exception cref="SyscallException">It cannot be read.</exception>
    public static string ReadLink(string path)
        => Encoding.UTF8.GetString(MemoryMap.WithoutDeleted(ReadLinkBytes(path), out _));

    /// <summary>Where a link points, as the kernel writes it; at most <see cref="CaptureLimits.PathBytes"/>.</summary>
    /// <exception cref="SyscallException">It cannot be read.</exception>
    public static byte[] ReadLinkBytes(string path)
    {
        byte* buffer = stackalloc byte[CaptureLimits.PathBytes];
        nint length = Libc.readlink(path, buffer, CaptureLimits.PathBytes);
        return length >= 0
            ? new ReadOnlySpan<byte>(buffer, (int)length).ToArray()
            : throw SyscallException.Last("readlink", path);
    }

    /// <summary>The threads of a process, in the kernel's order.</summary>
    /// <exception cref="SyscallException">The process is gone.</exception>
    public static List<int> ListThreads(int pid) => ListNumbers($"/proc/{pid}/task");

    /// <summary>The entries of a directory whose names are numbers, in the kernel's order. None of them is looked at: what a descriptor leads to may be dead.</summary>
    /// <exception cref="SyscallException">It cannot be opened or read.</exception>
    public static List<int> ListNumbers(string directory)
    {
        List<int> numbers = [];
        using FileDescriptor file = Open(directory, Libc.O_RDONLY | Libc.O_DIRECTORY);
        byte* buffer = stackalloc byte[EntriesBytes];
        while (true)
        {
            nint got = Libc.getdents64(file.Number, buffer, EntriesBytes);
            if (got <= 0)
            {
                return got == 0 ? numbers : throw SyscallException.Last("getdents64", directory);
            }

            ReadOnlySpan<byte> entries = new(buffer, (int)got);
            while (!entries.IsEmpty)
            {
                int length = BinaryPrimitives.ReadUInt16LittleEndian(entries[EntryLengthOffset..]);
                ReadOnlySpan<byte> name = entries[EntryNameOffset..length];
                name = name[..name.IndexOf((byte)0)];
                if (Utf8Parser.TryParse(name, out int number, out int used) && used == name.Length)
                {
                    numbers.Add(number);
                }

                entries = entries[length..];
            }
        }
    }

    private static int ReadOnce(FileDescriptor file, string path, Span<byte> buffer, int offset)
    {
        while (true)
        {
            fixed (byte* start = buffer)
            {
                nint got = Libc.pread(file.Number, start, buffer.Length, offset);
                if (got >= 0)
                {
                    return (int)got;
                }
            }

            SyscallException error = SyscallException.Last("pread", path);
            if (error.Errno != Libc.EINTR)
            {
                throw error;
            }
        }
    }
}
