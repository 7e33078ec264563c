using System.Runtime.InteropServices;
using CrashHandler.Handler.Posix;
using CrashHandler.Protocol;

namespace CrashHandler.Handler.Daemon;

/// <summary>Reads a client's registration block: by pread, never through a mapping that the client could pull away.</summary>
internal sealed unsafe class RegistrationReader : IDisposable
{
    private const int SEEK_END = 2;

    private readonly FileDescriptor _memfd;
    private readonly bool _isDuplicate;
    private int _isDisposed;

    private RegistrationReader(RegistrationReader other)
    {
        bool isReferred = false;
        other._memfd.DangerousAddRef(ref isReferred);
        _memfd = other._memfd;
        _isDuplicate = true;
    }

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

        _memfd = memfd;
    }

    /// <summary>What the client says of itself now.</summary>
    /// <exception cref="MalformedFrameException">The block is not one of version 1, or is written faster than it can be read.</exception>
    /// <exception cref="SyscallException">pread failed.</exception>
    public Registration Read()
    {
        byte[] header = new byte[RegistrationBlock.HeaderSize];
        byte[] copyHeader = new byte[RegistrationBlock.CopyHeaderSize];
        for (int attempt = 0; attempt < DaemonLimits.BlockReadAttempts; attempt++)
        {
            ReadAt(header, 0);
            int offset = RegistrationBlock.Locate(header, out ulong generation);
            if (generation == 0)
            {
                return Registration.Empty;
            }

            ReadAt(copyHeader, offset);
            // Torn lengths are possible while the client lives; the generation tells, below.
            byte[] copy = new byte[RegistrationBlock.CopyHeaderSize + (int)Math.Min(
                (uint)RegistrationBlock.Capacity - RegistrationBlock.CopyHeaderSize, BitConverter.ToUInt32(copyHeader))];
            ReadAt(copy, offset);
            ReadAt(header, 0);
            RegistrationBlock.Locate(header, out ulong after);
            if (after == generation)
            {
                return RegistrationBlock.Decode(copy);
            }
        }

        throw new MalformedFrameException($"the registration block was written {DaemonLimits.BlockReadAttempts} times while it was read");
    }

    /// <summary>A reader of its own on the same block, and on the same descriptor, which is closed when both are disposed of: many may die at once.</summary>
    public RegistrationReader Duplicate() => new(this);

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        if (_isDuplicate)
        {
            _memfd.DangerousRelease();
        }
        else
        {
            _memfd.Dispose();
        }
    }

    private void ReadAt(byte[] buffer, long offset)
    {
        int done = 0;
        fixed (byte* bytes = buffer)
        {
            while (done < buffer.Length)
            {
                nint count = Libc.pread(_memfd.Number, bytes + done, buffer.Length - done, offset + done);
                if (count == 0 || (count < 0 && Marshal.GetLastPInvokeError() != Libc.EINTR))
                {
                    throw SyscallException.Last("pread", "registration block");
                }

                done += (int)Math.Max(count, 0);
            }
        }
    }
}
