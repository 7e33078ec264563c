using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Stacks;
using Microsoft.Win32.SafeHandles;

namespace CrashHandler.Handler.Managed;

/// <summary>Files as the process sees them, opened with its own rights: libraries, assemblies and PDBs.</summary>
internal sealed class ProcessFiles(WalkRequest request)
{
    /// <summary>Opens a regular file for reading; null: there is none that may be read.</summary>
    public Stream? Open(string path)
    {
        if (!path.StartsWith('/') || path.Contains('\0'))
        {
            return null;
        }

        try
        {
            FileDescriptor file = request.HasOwnRoot ? RootedFile.Open(WalkRequest.RootDescriptor, path) : OpenHere(path);
            if (FileStatus.Of(file, path).IsRegular)
            {
                // The stream owns the descriptor from here on.
                SafeFileHandle handle = new(file.Number, ownsHandle: true);
                file.SetHandleAsInvalid();
                return new FileStream(handle, FileAccess.Read, bufferSize: 0);
            }

            file.Dispose();
            return null;
        }
        catch (Exception error) when (error is SyscallException or IOException or UnauthorizedAccessException)
        {
            // Nothing that could be said of it helps: without the file, frames have fewer names and no lines.
            return null;
        }
    }

    private static FileDescriptor OpenHere(string path)
    {
        int fd = Libc.open(path, Libc.O_RDONLY | Libc.O_CLOEXEC | Libc.O_NONBLOCK | Libc.O_NOCTTY, 0);
        return fd >= 0 ? new FileDescriptor(fd) : throw SyscallException.Last("open", path);
    }
}
