using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace CrashHandler.Handler.Posix;

/// <summary>write(2) and pwrite(2), until all of it is written. .NET's own say neither which file it was nor which errno, and of EFBIG that an argument is out of its range.</summary>
internal static unsafe class WholeWrite
{
    private const int Forever = -1;

    /// <summary>Writes into a file.</summary>
    /// <param name="file">Which.</param>
    /// <param name="bytes">What.</param>
    /// <param name="offset">Where in it, in bytes.</param>
    /// <param name="name">What it is, for the exception.</param>
    /// <exception cref="SyscallException">pwrite failed. Some of it may be written.</exception>
    public static void At(SafeFileHandle file, ReadOnlySpan<byte> bytes, long offset, string name)
    {
        fixed (byte* start = bytes)
        {
            nint done = 0;
            while (done < bytes.Length)
            {
                nint count = Libc.pwrite((int)file.DangerousGetHandle(), start + done, bytes.Length - done, offset + done);
                done += count >= 0 ? count : Marshal.GetLastPInvokeError() == Libc.EINTR ? 0 : throw SyscallException.Last("pwrite", name);
            }

            GC.KeepAlive(file);
        }
    }

    /// <summary>Writes.</summary>
    /// <param name="fd">Where to; one that does not block (a terminal that another program has set so) is waited for.</param>
    /// <param name="bytes">What.</param>
    /// <param name="name">What <paramref name="fd"/> is, for the exception.</param>
    /// <exception cref="SyscallException">write failed. Some of it may be written.</exception>
    public static void To(int fd, ReadOnlySpan<byte> bytes, string name)
    {
        fixed (byte* start = bytes)
        {
            nint done = 0;
            while (done < bytes.Length)
            {
                nint count = Libc.write(fd, start + done, bytes.Length - done);
                if (count >= 0)
                {
                    done += count;
                }
                else if (Marshal.GetLastPInvokeError() == Libc.EAGAIN)
                {
                    Libc.PollFd room = new() { Fd = fd, Events = Libc.POLLOUT };
                    _ = Libc.poll(&room, 1, Forever);
                }
                else if (Marshal.GetLastPInvokeError() != Libc.EINTR)
                {
                    throw SyscallException.Last("write", name);
                }
            }
        }
    }
}
