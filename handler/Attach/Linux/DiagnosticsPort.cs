using CrashHandler.Handler.Capture.Linux;
using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Attach;

/// <summary>How it is reached on Linux: by a socket in the process's temporary directory.</summary>
internal sealed partial class DiagnosticsPort
{
    /// <summary>Connects.</summary>
    /// <exception cref="AttachException">Nobody answers there.</exception>
    /// <exception cref="SyscallException">Its directory cannot be opened.</exception>
    public static DiagnosticsPort Connect(int processId, string socket)
    {
        // The library reads the path as a URI, with a list of options behind it. By a descriptor, any directory has a plain name.
        FileDescriptor? directory = IsPlain(socket) ? null : ProcFs.Open(Path.GetDirectoryName(socket)!, Libc.O_PATH | Libc.O_DIRECTORY);
        string path = directory is null ? socket : $"/proc/self/fd/{directory.Number}/{Path.GetFileName(socket)}";
        return Connect(processId, socket, path, directory);
    }

    private static bool IsPlain(string path)
    {
        foreach (char character in path)
        {
            if (!char.IsAsciiLetterOrDigit(character) && character is not ('/' or '.' or '-' or '_'))
            {
                return false;
            }
        }

        return true;
    }
}
