using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Posix;

/// <summary>
/// The last failure of this thread: what Win32 said of it, and the errno that callers know it by. Callers decide by the errno (<see cref="Marshal.GetLastPInvokeError"/>), people read the former.
/// </summary>
/// <param name="Call">The Win32 function that failed.</param>
/// <param name="Code">Its error ("System Error Codes").</param>
/// <param name="Errno">Linux's number for it.</param>
internal readonly partial record struct Win32Error(string Call, int Code, int Errno)
{
    // winerror.h
    public const int ERROR_INVALID_FUNCTION = 1, ERROR_FILE_NOT_FOUND = 2, ERROR_PATH_NOT_FOUND = 3, ERROR_TOO_MANY_OPEN_FILES = 4, ERROR_ACCESS_DENIED = 5, ERROR_INVALID_HANDLE = 6,
        ERROR_NOT_ENOUGH_MEMORY = 8, ERROR_OUTOFMEMORY = 14, ERROR_INVALID_DRIVE = 15, ERROR_NOT_SAME_DEVICE = 17, ERROR_WRITE_PROTECT = 19, ERROR_SHARING_VIOLATION = 32,
        ERROR_LOCK_VIOLATION = 33, ERROR_HANDLE_EOF = 38, ERROR_HANDLE_DISK_FULL = 39, ERROR_NOT_SUPPORTED = 50, ERROR_BAD_NETPATH = 53, ERROR_FILE_EXISTS = 80, ERROR_INVALID_PARAMETER = 87,
        ERROR_BROKEN_PIPE = 109, ERROR_DISK_FULL = 112, ERROR_CALL_NOT_IMPLEMENTED = 120, ERROR_SEM_TIMEOUT = 121, ERROR_INVALID_NAME = 123, ERROR_INVALID_LEVEL = 124, ERROR_DIR_NOT_EMPTY = 145,
        ERROR_BAD_PATHNAME = 161, ERROR_ALREADY_EXISTS = 183, ERROR_FILENAME_EXCED_RANGE = 206, ERROR_PIPE_BUSY = 231, ERROR_NO_DATA = 232, ERROR_PIPE_NOT_CONNECTED = 233, ERROR_DIRECTORY = 267,
        ERROR_DELETE_PENDING = 303, ERROR_OPERATION_ABORTED = 995, ERROR_IO_PENDING = 997, ERROR_DISK_QUOTA_EXCEEDED = 1295, ERROR_PRIVILEGE_NOT_HELD = 1314, ERROR_COMMITMENT_LIMIT = 1455;

    private const uint STATUS_DELETE_PENDING = 0xC0000056;

    [ThreadStatic]
    private static Win32Error t_last;

    /// <summary>The last one of this thread.</summary>
    public static Win32Error Last => t_last;

    /// <summary>Its message.</summary>
    public string Text => Marshal.GetPInvokeErrorMessage(Code);

    /// <summary>Keeps what the call just made said, and leaves the errno where callers look for it.</summary>
    /// <returns>-1, as a system call answers.</returns>
    public static int Fail(string call) => Fail(call, Marshal.GetLastPInvokeError());

    /// <summary>The same, of an error that is known.</summary>
    public static int Fail(string call, int code) => Fail(call, code, ErrnoOf(code));

    /// <summary>The same, where the errno says more than the error.</summary>
    public static int Fail(string call, int code, int errno)
    {
        t_last = new Win32Error(call, code, errno);
        Marshal.SetLastPInvokeError(errno);
        return -1;
    }

    /// <summary>Linux's number for a Win32 error: the one by which shared code decides.</summary>
    public static int ErrnoOf(int code) => code switch
    {
        // A file that is being removed has its name until the last handle is closed, and says that it may not be opened.
        ERROR_ACCESS_DENIED => RtlGetLastNtStatus() == STATUS_DELETE_PENDING ? Libc.ENOENT : Libc.EACCES,
        ERROR_FILE_NOT_FOUND or ERROR_PATH_NOT_FOUND or ERROR_INVALID_DRIVE or ERROR_BAD_NETPATH or ERROR_INVALID_NAME or ERROR_BAD_PATHNAME or ERROR_DELETE_PENDING => Libc.ENOENT,
        ERROR_FILE_EXISTS or ERROR_ALREADY_EXISTS => Libc.EEXIST,
        ERROR_TOO_MANY_OPEN_FILES => Libc.EMFILE,
        ERROR_INVALID_HANDLE => Libc.EBADF,
        ERROR_NOT_ENOUGH_MEMORY or ERROR_OUTOFMEMORY or ERROR_COMMITMENT_LIMIT => Libc.ENOMEM,
        ERROR_NOT_SAME_DEVICE => Libc.EXDEV,
        ERROR_WRITE_PROTECT => Libc.EROFS,
        ERROR_SHARING_VIOLATION => Libc.EBUSY,
        ERROR_LOCK_VIOLATION or ERROR_IO_PENDING or ERROR_PIPE_BUSY or ERROR_SEM_TIMEOUT => Libc.EAGAIN,
        ERROR_HANDLE_DISK_FULL or ERROR_DISK_FULL => Libc.ENOSPC,
        ERROR_DISK_QUOTA_EXCEEDED => Libc.EDQUOT,
        ERROR_BROKEN_PIPE or ERROR_NO_DATA or ERROR_PIPE_NOT_CONNECTED => Libc.EPIPE,
        ERROR_INVALID_PARAMETER => Libc.EINVAL,
        ERROR_DIR_NOT_EMPTY => Libc.ENOTEMPTY,
        ERROR_DIRECTORY => Libc.ENOTDIR,
        ERROR_FILENAME_EXCED_RANGE => Libc.ENAMETOOLONG,
        ERROR_PRIVILEGE_NOT_HELD => Libc.EPERM,
        ERROR_INVALID_FUNCTION or ERROR_NOT_SUPPORTED or ERROR_CALL_NOT_IMPLEMENTED or ERROR_INVALID_LEVEL => Libc.EOPNOTSUPP,
        ERROR_OPERATION_ABORTED => Libc.EINTR,
        _ => Libc.EIO,
    };

    [LibraryImport("ntdll")] private static partial uint RtlGetLastNtStatus();
}
