namespace CrashHandler.Handler.Posix;

/// <summary>Standard output and standard error, as they come from whoever started this.</summary>
internal static class StandardStreams
{
    private const string OutputName = "standard output";

    /// <summary>Takes the numbers of those that were closed: the next file that is opened would get them, and be written to.</summary>
    public static void Occupy()
    {
        Occupy(Terminal.Output);
        Occupy(Terminal.Error);
    }

    /// <summary>Nothing was changed that others see.</summary>
    public static void GiveBack()
    {
    }

    /// <summary>Has the system say of standard output what it put off until now, as a network's file system does.</summary>
    /// <exception cref="SyscallException">close(2) failed.</exception>
    public static void CloseOutput()
    {
        // Of a copy: the number itself stays taken, or the next file that is opened would get it.
        int copy = Libc.fcntl(Terminal.Output, Libc.F_DUPFD_CLOEXEC, Terminal.Error + 1);
        if (copy >= 0 && Libc.close(copy) != 0)
        {
            throw SyscallException.Last("close", OutputName);
        }
    }

    /// <summary>Ends this process as SIGPIPE ends every other tool. Returns where whoever started this has it blocked.</summary>
    public static void EndByClosedPipe()
    {
        // This runtime ignores the signal.
        _ = Libc.signal(Libc.SIGPIPE, Libc.SIG_DFL);
        _ = Libc.raise(Libc.SIGPIPE);
    }

    private static void Occupy(int fd)
    {
        if (Libc.fcntl(fd, Libc.F_GETFD, 0) >= 0)
        {
            return;
        }

        int taken = Libc.open("/dev/null", Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
        if (taken >= 0 && taken != fd)
        {
            _ = Libc.dup2(taken, fd);
            _ = Libc.close(taken);
        }
    }
}
