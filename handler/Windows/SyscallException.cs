using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Posix;

/// <summary>A call to the system failed: which function of Win32, on what, what it said and with which number, and what a person can do.</summary>
internal sealed class SyscallException : Exception
{
    /// <summary>Of a failure that shared code finds by itself; without a call to Win32, there is only the errno's meaning to tell.</summary>
    public SyscallException(string syscall, int errno, string? subject = null, string? advice = null)
        : this(syscall, Meaning(errno), errno, $"errno {errno}", subject, advice)
    {
    }

    private SyscallException(string syscall, string reason, int errno, string number, string? subject, string? advice)
        : base($"{syscall}{(subject is null ? "" : $" {subject}")}: {reason} ({number}){(advice is null ? "" : $"; {advice}")}")
    {
        Syscall = syscall;
        Reason = reason;
        Errno = errno;
        Subject = subject;
        Advice = advice;
    }

    /// <summary>Name of the function of Win32.</summary>
    public string Syscall { get; }

    /// <summary>What it said, in words.</summary>
    public string Reason { get; }

    /// <summary>Linux's number for it (<see cref="Win32Error.ErrnoOf"/>).</summary>
    public int Errno { get; }

    /// <summary>The path, pid or address it was about.</summary>
    public string? Subject { get; }

    /// <summary>What to do about it.</summary>
    public string? Advice { get; }

    /// <summary>From the errno of the call just made, and what Win32 said with it.</summary>
    public static SyscallException Last(string syscall, string? subject = null, string? advice = null)
    {
        int errno = Marshal.GetLastPInvokeError();
        Win32Error last = Win32Error.Last;
        return last.Errno == errno && last.Call is not null ? new(last.Call, last.Text, errno, $"error {last.Code}", subject, advice) : new(syscall, errno, subject, advice);
    }

    private static string Meaning(int errno) => errno switch
    {
        Libc.ENOENT => "No such file or directory",
        Libc.EACCES or Libc.EPERM => "Access is denied",
        Libc.EEXIST => "It exists already",
        Libc.ENOTDIR => "Not a directory",
        Libc.ELOOP => "It is a link, which is not followed",
        Libc.EPIPE => "The pipe is closed",
        Libc.ENOSPC => "There is not enough room on the disk",
        Libc.EOPNOTSUPP => "Not supported here",
        _ => "It failed",
    };
}
