using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Stacks;

namespace CrashHandler.Handler.Managed;

/// <summary>What of it is Linux's: the process may have a root directory of its own.</summary>
internal sealed partial class ProcessFiles(WalkRequest request)
{
    private static bool IsWhole(string path) => path.StartsWith('/');

    private static bool IsRegular(FileDescriptor file, string path) => FileStatus.Of(file, path).IsRegular;

    private FileDescriptor OpenFile(string path) => request.HasOwnRoot ? RootedFile.Open(WalkRequest.RootDescriptor, path) : OpenHere(path);

    private static FileDescriptor OpenHere(string path)
    {
        int fd = Libc.open(path, Libc.O_RDONLY | Libc.O_CLOEXEC | Libc.O_NONBLOCK | Libc.O_NOCTTY, 0);
        return fd >= 0 ? new FileDescriptor(fd) : throw SyscallException.Last("open", path);
    }
}
