using Microsoft.Win32.SafeHandles;

namespace CrashHandler.Handler.Posix;

/// <summary>Writes until all of it is written.</summary>
internal static unsafe class WholeWrite
{
    /// <summary>Writes into a file.</summary>
    /// <param name="file">Which.</param>
    /// <param name="bytes">What.</param>
    /// <param name="offset">Where in it, in bytes.</param>
    /// <param name="name">What it is, for the exception.</param>
    /// <exception cref="SyscallException">It failed. Some of it may be written.</exception>
    public static void At(SafeFileHandle file, ReadOnlySpan<byte> bytes, long offset, string name)
    {
        fixed (byte* start = bytes)
        {
            nint done = 0;
            while (done < bytes.Length)
            {
                nint count = Libc.pwrite((int)file.DangerousGetHandle(), start + done, bytes.Length - done, offset + done);
                done += count >= 0 ? count : throw SyscallException.Last("pwrite", name);
            }

            GC.KeepAlive(file);
        }
    }

    /// <summary>Writes.</summary>
    /// <param name="fd">Where to.</param>
    /// <param name="bytes">What.</param>
    /// <param name="name">What <paramref name="fd"/> is, for the exception.</param>
    /// <exception cref="SyscallException">It failed. Some of it may be written.</exception>
    public static void To(int fd, ReadOnlySpan<byte> bytes, string name)
    {
        fixed (byte* start = bytes)
        {
            nint done = 0;
            while (done < bytes.Length)
            {
                nint count = Libc.write(fd, start + done, bytes.Length - done);
                done += count >= 0 ? count : throw SyscallException.Last("write", name);
            }
        }
    }
}
