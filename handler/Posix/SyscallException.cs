using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Posix;

/// <summary>A system call failed: which, on what, with which errno, and what a person can do.</summary>
internal sealed class SyscallException : Exception
{
    public SyscallException(string syscall, int errno, string? subject = null, string? advice = null)
        : base($"{syscall}{(subject is null ? "" : $" {subject}")}: {Marshal.GetPInvokeErrorMessage(errno)} (errno {errno}){(advice is null ? "" : $"; {advice}")}")
    {
        Syscall = syscall;
        Errno = errno;
        Reason = Marshal.GetPInvokeErrorMessage(errno);
        Subject = subject;
        Advice = advice;
    }

    /// <summary>Name of the call, as in section 2 of the manual.</summary>
    public string Syscall { get; }

    /// <summary>What errno means, in words.</summary>
    public string Reason { get; }

    /// <summary>errno as it was after the call.</summary>
    public int Errno { get; }

    /// <summary>The path, pid or address it was about.</summary>
    public string? Subject { get; }

    /// <summary>What to do about it.</summary>
    public string? Advice { get; }

    /// <summary>From the errno of the call just made.</summary>
    public static SyscallException Last(string syscall, string? subject = null, string? advice = null)
        => new(syscall, Marshal.GetLastPInvokeError(), subject, advice);
}
