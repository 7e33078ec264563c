using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Posix;

/// <summary>write(2), until all of it is written.</summary>
internal static unsafe class WholeWrite
{
    private const int Forever = -1;

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
