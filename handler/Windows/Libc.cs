using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Posix;

/// <summary>
/// The system calls of POSIX that shared rooms make, in terms of Win32: each answers as the manual page says, with Linux's errno in <c>Marshal.GetLastPInvokeError()</c>, and leaves what Win32 said
/// in <see cref="Win32Error.Last"/>. A descriptor is a handle.
/// </summary>
internal static unsafe partial class Libc
{
    // errno(3): Linux's numbers, which shared code knows.
    public const int EPERM = 1, ENOENT = 2, ESRCH = 3, EINTR = 4, EIO = 5, EBADF = 9, ECHILD = 10, EAGAIN = 11, ENOMEM = 12, EACCES = 13, EFAULT = 14, EBUSY = 16, EEXIST = 17, EXDEV = 18, ENOTDIR = 20,
        EISDIR = 21, EINVAL = 22, ENFILE = 23, EMFILE = 24, ENOSPC = 28, EROFS = 30, EPIPE = 32, ENAMETOOLONG = 36, ENOSYS = 38, ENOTEMPTY = 39, ELOOP = 40, EOPNOTSUPP = 95, EADDRINUSE = 98,
        ECONNRESET = 104, ECONNREFUSED = 111, EDQUOT = 122;

    // open(2), flock(2), lseek(2), fallocate(2): Linux's numbers.
    public const int O_RDONLY = 0, O_WRONLY = 1, O_RDWR = 2, O_CREAT = 0x40, O_EXCL = 0x80, O_NOCTTY = 0x100, O_TRUNC = 0x200, O_APPEND = 0x400, O_NONBLOCK = 0x800,
        O_DIRECTORY = 0x10000, O_NOFOLLOW = 0x20000, O_CLOEXEC = 0x80000;
    public const int LOCK_SH = 1, LOCK_EX = 2, LOCK_NB = 4, LOCK_UN = 8;
    public const int SEEK_SET = 0, SEEK_CUR = 1, SEEK_END = 2, FALLOC_FL_KEEP_SIZE = 1;
    public const int S_IFMT = 0xF000, S_IFREG = 0x8000, S_IFDIR = 0x4000, S_IFLNK = 0xA000;

    // mmap(2), of memory that is nobody's file.
    public const int PROT_READ = 1, PROT_WRITE = 2, MAP_PRIVATE = 0x2, MAP_ANONYMOUS = 0x20, MAP_POPULATE = 0x8000;
    public const nint MAP_FAILED = -1;
    private const uint MEM_COMMIT = 0x1000, MEM_RESERVE = 0x2000, MEM_RELEASE = 0x8000, PAGE_READWRITE = 4;

    // inotify(7): what Following and DatabaseWatch are asked for.
    public const uint IN_MODIFY = 0x2, IN_MOVED_TO = 0x80;

    // signal(7)
    public const int SIGKILL = 9, SIGPIPE = 13, SIGSTOP = 19;

    /// <summary>Who sent something. There is one user only: a pipe takes nobody else.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct UCred
    {
        public int Pid;
        public uint Uid;
        public uint Gid;
    }

    /// <summary>mmap(2): zeroed memory of one's own.</summary>
    public static nint mmap(nint address, nint length, int protection, int flags, int fd, long offset)
        => VirtualAlloc(address, length, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE) is var start && start != 0 ? start : Win32Error.Fail(nameof(VirtualAlloc));

    /// <summary>munmap(2), all of it.</summary>
    public static int munmap(nint address, nint length) => VirtualFree(address, 0, MEM_RELEASE) != 0 ? 0 : Win32Error.Fail(nameof(VirtualFree));

    /// <summary>raise(3), of the signals that nobody catches: they end or stop this process.</summary>
    public static int raise(int signal)
    {
        const nint ThisProcess = -1;
        const uint SignalExit = 128;
        switch (signal)
        {
            case SIGSTOP:
                return NtSuspendProcess(ThisProcess) == 0 ? 0 : Win32Error.Fail(nameof(NtSuspendProcess), Win32Error.ERROR_ACCESS_DENIED);
            default:
                _ = TerminateProcess(ThisProcess, SignalExit + (uint)signal);
                return Win32Error.Fail(nameof(TerminateProcess));
        }
    }

    /// <summary>_exit(2): at once, whatever other threads hold.</summary>
    public static void _exit(int status) => _ = TerminateProcess(-1, (uint)status);

    [LibraryImport("kernel32", SetLastError = true)] private static partial nint VirtualAlloc(nint address, nint length, uint kind, uint protection);
    [LibraryImport("kernel32", SetLastError = true)] private static partial int VirtualFree(nint address, nint length, uint kind);
    [LibraryImport("kernel32", SetLastError = true)] private static partial int TerminateProcess(nint process, uint exitCode);
    [LibraryImport("ntdll")] private static partial int NtSuspendProcess(nint process);
}
