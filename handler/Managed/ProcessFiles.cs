using CrashHandler.Handler.Posix;
using Microsoft.Win32.SafeHandles;

namespace CrashHandler.Handler.Managed;

/// <summary>Files as the process sees them, opened with its own rights: libraries, assemblies and PDBs.</summary>
internal sealed partial class ProcessFiles
{
    /// <summary>Opens a regular file for reading; null: there is none that may be read.</summary>
    public Stream? Open(string path)
    {
        if (!IsWhole(path) || path.Contains('\0'))
        {
            return null;
        }

        try
        {
            FileDescriptor file = OpenFile(path);
            if (IsRegular(file, path))
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
}
