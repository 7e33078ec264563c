using System.Runtime.InteropServices;
using CrashHandler.Handler.Posix;
using CrashHandler.Protocol;

namespace CrashHandler.Handler.Daemon;

/// <summary>On Linux it is a memfd: read by pread, never through a mapping that the client could pull away.</summary>
internal sealed unsafe partial class RegistrationReader
{
    private const int SEEK_END = 2;

    private readonly FileDescriptor _block;

    /// <summary>Takes over the descriptor that came with Register.</summary>
    /// <exception cref="MalformedFrameException">It is no sealed memfd of the block's size.</exception>
    public RegistrationReader(FileDescriptor memfd)
    {
        const int Needed = Libc.F_SEAL_SHRINK | Libc.F_SEAL_GROW;
        int seals = Libc.fcntl(memfd.Number, Libc.F_GET_SEALS, 0);
        if (seals < 0 || (seals & Needed) != Needed)
        {
            throw new MalformedFrameException("Register's descriptor is no memfd sealed against shrinking and growing");
        }

        long size = Libc.lseek(memfd.Number, 0, SEEK_END);
        if (size != RegistrationBlock.Size)
        {
            throw new MalformedFrameException($"Register's descriptor has {size} bytes instead of {RegistrationBlock.Size}");
        }

        _block = memfd;
    }

    private void ReadAt(byte[] buffer, long offset)
    {
        int done = 0;
        fixed (byte* bytes = buffer)
        {
            while (done < buffer.Length)
            {
                nint count = Libc.pread(_block.Number, bytes + done, buffer.Length - done, offset + done);
                if (count == 0 || (count < 0 && Marshal.GetLastPInvokeError() != Libc.EINTR))
                {
                    throw SyscallException.Last("pread", "registration block");
                }

                done += (int)Math.Max(count, 0);
            }
        }
    }
}
