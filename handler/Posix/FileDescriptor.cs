using Microsoft.Win32.SafeHandles;

namespace CrashHandler.Handler.Posix;

/// <summary>An owned file descriptor.</summary>
internal sealed class FileDescriptor : SafeHandleMinusOneIsInvalid
{
    public FileDescriptor(int fd)
        : base(ownsHandle: true) => SetHandle(fd);

    /// <summary>The number; once this object is disposed of, one that no system call takes: the former may be another file's.</summary>
    public int Number => IsClosed ? -1 : (int)handle;

    protected override bool ReleaseHandle() => Libc.close((int)handle) == 0;
}
