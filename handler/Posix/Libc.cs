using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Posix;

/// <summary>
/// The system calls that Mono.Posix does not cover, or that stand on the capture path, where its helper library must not be
/// needed. Thin: each answers as the manual page of its section 2 says, with errno in <c>Marshal.GetLastPInvokeError()</c>;
/// callers turn failures into <see cref="SyscallException"/>.
/// </summary>
internal static unsafe partial class Libc
{
    private const string Name = "libc";

    // access(2)
    public const int F_OK = 0, X_OK = 1, W_OK = 2, R_OK = 4;

    // mmap(2)
    public const int PROT_READ = 1, PROT_WRITE = 2, MAP_PRIVATE = 0x2, MAP_ANONYMOUS = 0x20, MAP_POPULATE = 0x8000;
    public const nint MAP_FAILED = -1;

    // posix_spawn(3): flags, and bytes of what glibc keeps opaque, on x86-64 (spawn.h, bits/types/__sigset_t.h)
    public const short POSIX_SPAWN_SETPGROUP = 0x2, POSIX_SPAWN_SETSIGDEF = 0x4, POSIX_SPAWN_SETSIGMASK = 0x8;
    public const int SpawnFileActionsBytes = 80, SpawnAttributesBytes = 336, SignalSetBytes = 128;

    // waitid(2), setrlimit(2), memfd_create(2)
    public const int P_PID = 1, P_PIDFD = 3, WEXITED = 4, CLD_EXITED = 1;
    public const int RLIMIT_CPU = 0, RLIMIT_CORE = 4, RLIMIT_NPROC = 6, RLIMIT_NOFILE = 7;
    public const ulong RLIM_INFINITY = ulong.MaxValue;
    public const uint MFD_CLOEXEC = 1;

    // signal(7)
    public const int SIGKILL = 9, SIGPIPE = 13, SIGCHLD = 17;
    public const nint SIG_DFL = 0, SIG_IGN = 1;

    // poll(2), epoll(7), fcntl(2), socket(7), ptrace(2), prctl(2): values of linux-x64.
    public const int EPERM = 1, ENOENT = 2, ESRCH = 3, EINTR = 4, EIO = 5, EBADF = 9, ECHILD = 10, EAGAIN = 11, EACCES = 13, EFAULT = 14,
        EEXIST = 17, ENOTDIR = 20, EINVAL = 22, ENOMEM = 12, ENFILE = 23, EMFILE = 24, ENOSPC = 28, EPIPE = 32, ENOSYS = 38, EDQUOT = 122, EADDRINUSE = 98, ECONNRESET = 104, ECONNREFUSED = 111;

    public const int AF_UNIX = 1, SOCK_SEQPACKET = 5, SOCK_NONBLOCK = 0x800, SOCK_CLOEXEC = 0x80000, SHUT_RDWR = 2;
    public const int SOL_SOCKET = 1, SO_LINGER = 13, SO_PASSCRED = 16, SO_PEERCRED = 17, SO_PEERPIDFD = 77;
    public const int SCM_RIGHTS = 1, SCM_CREDENTIALS = 2;
    public const int MSG_DONTWAIT = 0x40, MSG_CTRUNC = 0x8, MSG_TRUNC = 0x20, MSG_NOSIGNAL = 0x4000, MSG_CMSG_CLOEXEC = 0x40000000;
    public const short POLLIN = 1, POLLOUT = 4, POLLERR = 8, POLLHUP = 16;
    public const int EPOLL_CTL_ADD = 1, EPOLL_CTL_DEL = 2, EPOLL_CTL_MOD = 3, EPOLL_CLOEXEC = 0x80000;
    public const uint EPOLLIN = 1, EPOLLOUT = 4, EPOLLERR = 8, EPOLLHUP = 16, EPOLLRDHUP = 0x2000;
    public const int EFD_NONBLOCK = 0x800, EFD_CLOEXEC = 0x80000;
    public const int O_RDONLY = 0, O_WRONLY = 1, O_RDWR = 2, O_CREAT = 0x40, O_EXCL = 0x80, O_NOCTTY = 0x100, O_TRUNC = 0x200, O_APPEND = 0x400, O_NONBLOCK = 0x800,
        O_DIRECTORY = 0x10000, O_NOFOLLOW = 0x20000, O_CLOEXEC = 0x80000, O_PATH = 0x200000, O_TMPFILE = 0x410000;
    public const int IN_NONBLOCK = 0x800, IN_CLOEXEC = 0x80000;
    public const uint IN_MODIFY = 0x2, IN_MOVED_TO = 0x80;
    public const int AT_FDCWD = -100, AT_SYMLINK_NOFOLLOW = 0x100, AT_EMPTY_PATH = 0x1000;
    public const uint STATX_TYPE = 0x1, STATX_CTIME = 0x80, STATX_INO = 0x100, STATX_SIZE = 0x200;
    public const int S_IFMT = 0xF000, S_IFREG = 0x8000, S_IFDIR = 0x4000;
    public const int LOCK_SH = 1, LOCK_EX = 2, LOCK_NB = 4, LOCK_UN = 8;
    public const int SEEK_SET = 0, FALLOC_FL_KEEP_SIZE = 1;
    public const int F_GETFD = 1, F_SETFD = 2, FD_CLOEXEC = 1, F_DUPFD_CLOEXEC = 1030, F_GET_SEALS = 1034, F_SEAL_SHRINK = 2, F_SEAL_GROW = 4;
    public const int MADV_DONTNEED = 4;
    public const nuint TIOCGWINSZ = 0x5413;
    public const nuint PIDFD_GET_INFO = 0xC040FF0B;
    public const ulong PIDFD_INFO_EXIT = 1 << 3;
    public const int PR_SET_NAME = 15;
    public const nint PTRACE_PEEKUSER = 3, PTRACE_CONT = 7, PTRACE_GETREGSET = 0x4204, PTRACE_SEIZE = 0x4206, PTRACE_INTERRUPT = 0x4207,
        PTRACE_DETACH = 17, PTRACE_GETSIGINFO = 0x4202, PTRACE_LISTEN = 0x4208;
    public const nint NT_PRSTATUS = 1, NT_PRFPREG = 2;
    public const int CLOCK_BOOTTIME = 7;
    public const long PROC_SUPER_MAGIC = 0x9fa0;
    public const int _SC_NPROCESSORS_ONLN = 84;
    public const int WNOHANG = 1, __WALL = 0x40000000, __WNOTHREAD = 0x20000000;

    [StructLayout(LayoutKind.Sequential)]
    public struct IoVec(nint address, nint length)
    {
        public nint Address = address;
        public nint Length = length;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct MsgHdr
    {
        public nint Name;
        public uint NameLength;
        public nint Vectors;
        public nint VectorCount;
        public nint Control;
        public nint ControlLength;
        public int Flags;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct UCred
    {
        public int Pid;
        public uint Uid;
        public uint Gid;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct UtsName
    {
        private const int FieldBytes = 65;

        public fixed byte SystemName[FieldBytes];
        public fixed byte NodeName[FieldBytes];
        public fixed byte Release[FieldBytes];
        public fixed byte Version[FieldBytes];
        public fixed byte Machine[FieldBytes];
        public fixed byte DomainName[FieldBytes];
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }

    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    public struct EpollEvent
    {
        public uint Events;
        public ulong Data;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct PollFd
    {
        public int Fd;
        public short Events;
        public short ReturnedEvents;
    }

    // struct statx, 256 bytes; what is not read here is left out.
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    public struct StatX
    {
        [FieldOffset(20)] public uint UserId;
        [FieldOffset(28)] public ushort Mode;
        [FieldOffset(32)] public ulong Inode;
        [FieldOffset(40)] public ulong Size;
        [FieldOffset(96)] public long ChangeSeconds;
        [FieldOffset(136)] public uint DeviceMajor;
        [FieldOffset(140)] public uint DeviceMinor;
    }

    // siginfo_t of SIGCHLD, 128 bytes; what is not read here is left out.
    [StructLayout(LayoutKind.Explicit, Size = 128)]
    public struct SigInfo
    {
        [FieldOffset(8)] public int Code;
        [FieldOffset(16)] public int Pid;
        [FieldOffset(24)] public int Status;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct RLimit(ulong both)
    {
        public ulong Current = both;
        public ulong Max = both;
    }

    // struct winsize
    [StructLayout(LayoutKind.Sequential)]
    public struct WinSize
    {
        public ushort Rows;
        public ushort Columns;
        public ushort XPixels;
        public ushort YPixels;
    }

    // struct statfs, 120 bytes; what is not read here is left out.
    [StructLayout(LayoutKind.Explicit, Size = 120)]
    public struct StatFs
    {
        [FieldOffset(0)] public long Type;
        [FieldOffset(8)] public long BlockBytes;
        [FieldOffset(16)] public ulong Blocks;
        [FieldOffset(32)] public ulong AvailableBlocks;
        [FieldOffset(40)] public ulong Files;
        [FieldOffset(48)] public ulong FreeFiles;
    }

    // struct pidfd_info of linux/pidfd.h, in its first form of 64 bytes, which every later kernel takes; what is not read here is left out.
    [StructLayout(LayoutKind.Explicit, Size = 64)]
    public struct PidFdInfo
    {
        [FieldOffset(0)] public ulong Mask;
        [FieldOffset(60)] public int ExitStatus;
    }

    [LibraryImport(Name, SetLastError = true)] public static partial int socket(int domain, int type, int protocol);
    [LibraryImport(Name, SetLastError = true)] public static partial int bind(int fd, byte* address, uint length);
    [LibraryImport(Name, SetLastError = true)] public static partial int connect(int fd, byte* address, uint length);
    [LibraryImport(Name, SetLastError = true)] public static partial int listen(int fd, int backlog);
    [LibraryImport(Name, SetLastError = true)] public static partial int shutdown(int fd, int how);
    [LibraryImport(Name, SetLastError = true)] public static partial int accept4(int fd, nint address, nint length, int flags);
    [LibraryImport(Name, SetLastError = true)] public static partial int setsockopt(int fd, int level, int option, void* value, uint length);
    [LibraryImport(Name, SetLastError = true)] public static partial int getsockopt(int fd, int level, int option, void* value, uint* length);
    [LibraryImport(Name, SetLastError = true)] public static partial nint recvmsg(int fd, MsgHdr* message, int flags);
    [LibraryImport(Name, SetLastError = true)] public static partial nint sendmsg(int fd, MsgHdr* message, int flags);
    [LibraryImport(Name, SetLastError = true)] public static partial nint send(int fd, byte* buffer, nint length, int flags);
    [LibraryImport(Name, SetLastError = true)] public static partial int poll(PollFd* fds, ulong count, int timeout);
    [LibraryImport(Name, SetLastError = true)] public static partial int epoll_create1(int flags);
    [LibraryImport(Name, SetLastError = true)] public static partial int epoll_ctl(int epoll, int operation, int fd, EpollEvent* epollEvent);
    [LibraryImport(Name, SetLastError = true)] public static partial int epoll_wait(int epoll, EpollEvent* events, int count, int timeout);
    [LibraryImport(Name, SetLastError = true)] public static partial int eventfd(uint initial, int flags);
    [LibraryImport(Name, SetLastError = true)] public static partial int inotify_init1(int flags);
    [LibraryImport(Name, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)] public static partial int inotify_add_watch(int inotify, string path, uint mask);
    [LibraryImport(Name, SetLastError = true)] public static partial int close(int fd);
    [LibraryImport(Name, SetLastError = true)] public static partial int fallocate(int fd, int mode, long offset, long length);
    [LibraryImport(Name, SetLastError = true)] public static partial int dup2(int from, int to);
    [LibraryImport(Name, SetLastError = true)] public static partial nint read(int fd, byte* buffer, nint count);
    [LibraryImport(Name, SetLastError = true)] public static partial nint write(int fd, byte* buffer, nint count);

    [LibraryImport(Name, SetLastError = true)] public static partial int fchmod(int fd, uint mode);

    [LibraryImport(Name, SetLastError = true)] public static partial nint pwrite(int fd, byte* buffer, nint count, long offset);
    [LibraryImport(Name, SetLastError = true)] public static partial nint pread(int fd, byte* buffer, nint count, long offset);
    [LibraryImport(Name, SetLastError = true)] public static partial long lseek(int fd, long offset, int whence);
    [LibraryImport(Name, SetLastError = true)] public static partial int fsync(int fd);
    [LibraryImport(Name, SetLastError = true)] public static partial int ftruncate(int fd, long length);
    [LibraryImport(Name, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)] public static partial int statx(int directory, string path, int flags, uint mask, StatX* status);
    [LibraryImport(Name, SetLastError = true)] public static partial int fstatfs(int fd, StatFs* status);
    [LibraryImport(Name, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)] public static partial int statfs(string path, StatFs* status);
    [LibraryImport(Name, SetLastError = true)] public static partial int flock(int fd, int operation);
    [LibraryImport(Name, SetLastError = true)] public static partial int fcntl(int fd, int command, nint argument);
    [LibraryImport(Name, SetLastError = true)] public static partial int ioctl(int fd, nuint request, void* argument);
    [LibraryImport(Name, SetLastError = true)] public static partial int isatty(int fd);
    [LibraryImport(Name, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)] public static partial int open(string path, int flags, uint mode);
    [LibraryImport(Name, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)] public static partial int openat(int directory, string path, int flags, uint mode);
    [LibraryImport(Name, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)] public static partial int rename(string from, string to);
    [LibraryImport(Name, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)] public static partial int unlink(string path);
    [LibraryImport(Name, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)] public static partial int link(string from, string to);
    [LibraryImport(Name, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)] public static partial nint readlink(string path, byte* buffer, nint size);
    [LibraryImport(Name, SetLastError = true)] public static partial nint ptrace(nint request, nint pid, nint address, nint data);
    [LibraryImport(Name, SetLastError = true)] public static partial int waitpid(int pid, int* status, int options);
    [LibraryImport(Name, SetLastError = true)] public static partial nint process_vm_readv(int pid, IoVec* local, ulong localCount, IoVec* remote, ulong remoteCount, ulong flags);
    [LibraryImport(Name)] public static partial int getpid();
    [LibraryImport(Name)] public static partial int getppid();
    [LibraryImport(Name, SetLastError = true)] public static partial int kill(int pid, int signal);
    [LibraryImport(Name, SetLastError = true)] public static partial int raise(int signal);
    [LibraryImport(Name, SetLastError = true)] public static partial int madvise(nint address, nint length, int advice);
    [LibraryImport(Name, SetLastError = true)] public static partial nint mmap(nint address, nint length, int protection, int flags, int fd, long offset);
    [LibraryImport(Name, SetLastError = true)] public static partial int munmap(nint address, nint length);
    [LibraryImport(Name, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)] public static partial int access(string path, int mode);
    [LibraryImport(Name, SetLastError = true)] public static partial nint getdents64(int fd, byte* entries, nint length);
    [LibraryImport(Name)] public static partial void _exit(int status);
    [LibraryImport(Name, SetLastError = true)] public static partial int prctl(int option, nint argument2, nint argument3, nint argument4, nint argument5);
    [LibraryImport(Name, SetLastError = true)] public static partial int execv(byte* path, byte** arguments);
    [LibraryImport(Name, SetLastError = true)] public static partial int execve(byte* path, byte** arguments, byte** environment);
    [LibraryImport(Name, SetLastError = true)] public static partial nint signal(int signal, nint handler);
    [LibraryImport(Name, SetLastError = true)] public static partial int uname(UtsName* name);
    [LibraryImport(Name, SetLastError = true)] public static partial long sysconf(int name);
    [LibraryImport(Name, SetLastError = true)] public static partial int clock_gettime(int clock, TimeSpec* time);
    [LibraryImport(Name, SetLastError = true)] public static partial int pipe2(int* ends, int flags);
    [LibraryImport(Name, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)] public static partial int memfd_create(string name, uint flags);
    [LibraryImport(Name, SetLastError = true)] public static partial int waitid(int kind, uint id, SigInfo* info, int options);
    [LibraryImport(Name, SetLastError = true)] public static partial int prlimit64(int pid, int resource, RLimit* limit, RLimit* former);

    // These answer with an errno.
    [LibraryImport(Name, StringMarshalling = StringMarshalling.Utf8)] public static partial int posix_spawn(int* pid, string path, void* fileActions, void* attributes, byte** arguments, byte** environment);
    [LibraryImport(Name)] public static partial int posix_spawn_file_actions_init(void* actions);
    [LibraryImport(Name)] public static partial int posix_spawn_file_actions_destroy(void* actions);
    [LibraryImport(Name)] public static partial int posix_spawn_file_actions_adddup2(void* actions, int from, int to);
    [LibraryImport(Name, StringMarshalling = StringMarshalling.Utf8)] public static partial int posix_spawn_file_actions_addopen(void* actions, int fd, string path, int flags, uint mode);
    [LibraryImport(Name, StringMarshalling = StringMarshalling.Utf8)] public static partial int posix_spawn_file_actions_addchdir_np(void* actions, string path);
    [LibraryImport(Name)] public static partial int posix_spawn_file_actions_addclosefrom_np(void* actions, int from);
    [LibraryImport(Name)] public static partial int posix_spawnattr_init(void* attributes);
    [LibraryImport(Name)] public static partial int posix_spawnattr_destroy(void* attributes);
    [LibraryImport(Name)] public static partial int posix_spawnattr_setflags(void* attributes, short flags);
    [LibraryImport(Name)] public static partial int posix_spawnattr_setpgroup(void* attributes, int group);
    [LibraryImport(Name)] public static partial int posix_spawnattr_setsigmask(void* attributes, void* signals);
    [LibraryImport(Name)] public static partial int posix_spawnattr_setsigdefault(void* attributes, void* signals);
    [LibraryImport(Name)] public static partial byte* gnu_get_libc_version();
    [LibraryImport(Name, EntryPoint = "syscall", SetLastError = true)] private static partial long syscall2(long number, nint a, nint b);
    [LibraryImport(Name, EntryPoint = "syscall", SetLastError = true)] private static partial long syscall3(long number, nint a, nint b, nint c);

    /// <summary>pidfd_open(2); glibc wraps it only since 2.36.</summary>
    public static int pidfd_open(int pid, uint flags) => (int)syscall2(434, pid, (nint)flags);

    /// <summary>pidfd_getfd(2), likewise; since Linux 5.6.</summary>
    public static int pidfd_getfd(int pidFd, int fd, uint flags) => (int)syscall3(438, pidFd, fd, (nint)flags);
}
