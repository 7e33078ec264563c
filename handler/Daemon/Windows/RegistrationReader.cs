using CrashHandler.Handler.Posix;
using CrashHandler.Protocol;

namespace CrashHandler.Handler.Daemon;

/// <summary>Reads a client's registration block: a section that the client writes to, seen through a view of our own.</summary>
internal sealed class RegistrationReader : IDisposable
{
    private readonly SectionView _view;
    private readonly bool _isDuplicate;
    private int _isDisposed;

    private RegistrationReader(RegistrationReader other)
    {
        bool isReferred = false;
        other._view.DangerousAddRef(ref isReferred);
        _view = other._view;
        _isDuplicate = true;
    }

    /// <summary>Takes over the handle that came with Register.</summary>
    /// <exception cref="MalformedFrameException">It is no section of at least the block's size.</exception>
    public RegistrationReader(FileDescriptor section)
    {
        try
        {
            _view = SectionView.Map(section, RegistrationBlock.Size);
        }
        catch (SyscallException none)
        {
            throw new MalformedFrameException($"Register's handle is no section of {RegistrationBlock.Size} bytes that can be read: {none.Message}");
        }

        // The view keeps the section.
        section.Dispose();
    }

    /// <summary>What the client says of itself now.</summary>
    /// <exception cref="MalformedFrameException">The block is not one of version 1, or is written faster than it can be read.</exception>
    /// <exception cref="SyscallException">What it says cannot be read: it is backed by nothing, or by a file that is gone.</exception>
    public Registration Read()
    {
        byte[] header = new byte[RegistrationBlock.HeaderSize];
        byte[] copyHeader = new byte[RegistrationBlock.CopyHeaderSize];
        for (int attempt = 0; attempt < DaemonLimits.BlockReadAttempts; attempt++)
        {
            _view.Read(header, 0);
            int offset = RegistrationBlock.Locate(header, out ulong generation);
            if (generation == 0)
            {
                return Registration.Empty;
            }

            _view.Read(copyHeader, offset);
            // Torn lengths are possible while the client lives; the generation tells, below.
            byte[] copy = new byte[RegistrationBlock.CopyHeaderSize + (int)Math.Min(
                (uint)RegistrationBlock.Capacity - RegistrationBlock.CopyHeaderSize, BitConverter.ToUInt32(copyHeader))];
            _view.Read(copy, offset);
            _view.Read(header, 0);
            RegistrationBlock.Locate(header, out ulong after);
            if (after == generation)
            {
                return RegistrationBlock.Decode(copy);
            }
        }

        throw new MalformedFrameException($"the registration block was written {DaemonLimits.BlockReadAttempts} times while it was read");
    }

    /// <summary>A reader of its own on the same block, and on the same view, which is closed when both are disposed of: many may die at once.</summary>
    public RegistrationReader Duplicate() => new(this);

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        if (_isDuplicate)
        {
            _view.DangerousRelease();
        }
        else
        {
            _view.Dispose();
        }
    }
}
