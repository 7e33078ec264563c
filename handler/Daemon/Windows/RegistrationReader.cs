using CrashHandler.Handler.Posix;
using CrashHandler.Protocol;

namespace CrashHandler.Handler.Daemon;

/// <summary>On Windows it is a section, seen through a view of our own.</summary>
internal sealed partial class RegistrationReader
{
    private readonly SectionView _block;

    /// <summary>Takes over the handle that came with Register.</summary>
    /// <exception cref="MalformedFrameException">It is no section of at least the block's size.</exception>
    public RegistrationReader(FileDescriptor section)
    {
        try
        {
            _block = SectionView.Map(section, RegistrationBlock.Size);
        }
        catch (SyscallException none)
        {
            throw new MalformedFrameException($"Register's handle is no section of {RegistrationBlock.Size} bytes that can be read: {none.Message}");
        }

        // The view keeps the section.
        section.Dispose();
    }

    private void ReadAt(byte[] buffer, int offset) => _block.Read(buffer, offset);
}
