using CrashHandler.Handler.Posix;
using CrashHandler.Protocol;

namespace CrashHandler.Handler.Daemon;

/// <summary>Reads a client's registration block, which the client may write at any time.</summary>
internal sealed partial class RegistrationReader : IDisposable
{
    private readonly bool _isDuplicate;
    private int _isDisposed;

    private RegistrationReader(RegistrationReader other)
    {
        bool isReferred = false;
        other._block.DangerousAddRef(ref isReferred);
        _block = other._block;
        _isDuplicate = true;
    }

    /// <summary>What the client says of itself now.</summary>
    /// <exception cref="MalformedFrameException">The block is not one of version 1, or is written faster than it can be read.</exception>
    /// <exception cref="SyscallException">It cannot be read.</exception>
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

    /// <summary>A reader of its own on the same block, and on the same handle, which is closed when both are disposed of: many may die at once.</summary>
    public RegistrationReader Duplicate() => new(this);

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        if (_isDuplicate)
        {
            _block.DangerousRelease();
        }
        else
        {
            _block.Dispose();
        }
    }
}
