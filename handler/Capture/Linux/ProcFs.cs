using System.IO.Enumeration;
using System.Text;
using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Capture.Linux;

/// <summary>Reading /proc: files that report size 0, links, and the list of threads.</summary>
internal static unsafe class ProcFs
{
    private const int FirstBufferBytes = 4_096;
    private static ReadOnlySpan<byte> DeletedSuffix => " (deleted)"u8;

    private static readonly EnumerationOptions s_everyEntry = new() { AttributesToSkip = 0, IgnoreInaccessible = false };

    /// <summary>Reads a file until its end, or until <paramref name="limit"/> bytes.</summary>
    /// <param name="path">Absolute path.</param>
    /// <param name="limit">Bytes.</param>
    /// <param name="truncated">The limit was reached: there may be more.</param>
    /// <exception cref="SyscallException">It cannot be opened or read.</exception>
    public static byte[] Read(string path, int limit, out bool truncated)
    {
        // O_NONBLOCK: a path below a target's root may lead to a FIFO.
        using FileDescriptor file = Open(path, Libc.O_RDONLY | Libc.O_NONBLOCK);
        byte[] buffer = new byte[FirstBufferBytes];
        int length = 0;
        while (length < limit)
        {
            if (length == buffer.Length)
            {
                Array.Resize(ref buffer, (int)Math.Min(limit, buffer.Length * 4L));
            }

            nint got;
            fixed (byte* start = &buffer[length])
            {
                got = Libc.read(file.Number, start, buffer.Length - length);
            }

            if (got == 0)
            {
                break;
            }

            if (got < 0)
            {
                SyscallException error = SyscallException.Last("read", path);
                if (error.Errno != Libc.EINTR)
                {
                    throw error;
                }

                continue;
            }

            length += (int)got;
        }

        truncated = length == limit;
        return buffer.AsSpan(0, length).ToArray();
    }

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
    {
        byte* buffer = stackalloc byte[CaptureLimits.PathBytes];
        nint length = Libc.readlink(path, buffer, CaptureLimits.PathBytes);
        return length >= 0
            ? Encoding.UTF8.GetString(WithoutDeleted(new ReadOnlySpan<byte>(buffer, (int)length), out _))
            : throw SyscallException.Last("readlink", path);
    }

    /// <summary>Takes the kernel's mark of an unlinked file off a path.</summary>
    public static ReadOnlySpan<byte> WithoutDeleted(ReadOnlySpan<byte> path, out bool deleted)
    {
        deleted = path.EndsWith(DeletedSuffix);
        return deleted ? path[..^DeletedSuffix.Length] : path;
    }

    /// <summary>The threads of a process, in the kernel's order.</summary>
    /// <exception cref="IOException">The process is gone.</exception>
    public static List<int> ListThreads(int pid)
        => [.. new FileSystemEnumerable<int>($"/proc/{pid}/task", (ref FileSystemEntry entry) => int.Parse(entry.FileName), s_everyEntry)];
}
