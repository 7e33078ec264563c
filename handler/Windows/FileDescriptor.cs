using Microsoft.Win32.SafeHandles;

namespace CrashHandler.Handler.Posix;

/// <summary>An owned handle. Its number is 32 bits wide: handles of 64-bit Windows have no more that count ("Interprocess Communication Between 32-bit and 64-bit Applications").</summary>
internal sealed class FileDescriptor : SafeHandleZeroOrMinusOneIsInvalid
{
    public FileDescriptor(int fd)
        : base(ownsHandle: true) => SetHandle(fd);

    /// <summary>The number; once this object is disposed of, one that no call takes: the former may be another file's.</summary>
    public int Number => IsClosed ? -1 : (int)handle;

    protected override bool ReleaseHandle() => Libc.close((int)handle) == 0;
}
