using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Posix;

/// <summary>Opens files below a directory as a process does whose root it is: openat2(2), Linux 5.6 and later.</summary>
internal static unsafe partial class RootedFile
{
    private const long SYS_openat2 = 437;

    // openat2(2)
    private const ulong RESOLVE_NO_MAGICLINKS = 0x02, RESOLVE_IN_ROOT = 0x10;

    // struct open_how
    [StructLayout(LayoutKind.Sequential)]
    private struct OpenHow
    {
        public ulong Flags;
        public ulong Mode;
        public ulong Resolve;
    }

    /// <summary>Opens a file for reading; neither a link in it nor .. leads out of the directory.</summary>
    /// <exception cref="SyscallException">openat2 failed.</exception>
    public static FileDescriptor Open(int directory, string path)
    {
        OpenHow how = new()
        {
            // Not to hang on a pipe, nor to get a terminal.
            Flags = Libc.O_RDONLY | Libc.O_CLOEXEC | Libc.O_NONBLOCK | Libc.O_NOCTTY,
            Resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
        };
        nint name = Marshal.StringToCoTaskMemUTF8(path);
        try
        {
            long fd = syscall(SYS_openat2, directory, name, (nint)(&how), sizeof(OpenHow));
            return fd >= 0 ? new FileDescriptor((int)fd) : throw SyscallException.Last("openat2", path);
        }
        finally
        {
            Marshal.FreeCoTaskMem(name);
        }
    }

    [LibraryImport("libc", SetLastError = true)] private static partial long syscall(long number, nint directory, nint path, nint how, nint size);
}
