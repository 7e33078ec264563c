using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Posix;

/// <summary>What this process may use: setrlimit(2), setitimer(2), and the signals of their ends.</summary>
internal static unsafe partial class ProcessLimits
{
    // resource.h and sys/time.h of linux-x64.
    private const int RLIMIT_DATA = 2, RLIMIT_CORE = 4, RLIMIT_NOFILE = 7, ITIMER_REAL = 0, SIGALRM = 14, SIGXFSZ = 25;

    [StructLayout(LayoutKind.Sequential)]
    private struct RLimit
    {
        public ulong Current;
        public ulong Maximum;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct ITimerValue
    {
        public long IntervalSeconds;
        public long IntervalMicroseconds;
        public long Seconds;
        public long Microseconds;
    }

    /// <summary>Limits memory that can be written, and lets no core be dumped.</summary>
    /// <exception cref="SyscallException">setrlimit failed.</exception>
    public static void LimitMemory(ulong bytes)
    {
        Set(RLIMIT_DATA, bytes, nameof(RLIMIT_DATA));
        Set(RLIMIT_CORE, 0, nameof(RLIMIT_CORE));
    }

    /// <summary>Lets this process open as many files as it may ever.</summary>
    /// <returns>How many that is.</returns>
    /// <exception cref="SyscallException">getrlimit or setrlimit failed.</exception>
    public static ulong RaiseOpenFiles()
    {
        RLimit limit;
        if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        {
            throw SyscallException.Last("getrlimit", nameof(RLIMIT_NOFILE));
        }

        Set(RLIMIT_NOFILE, limit.Maximum, nameof(RLIMIT_NOFILE));
        return limit.Maximum;
    }

    /// <summary>Ends this process after a time, whatever it is doing then.</summary>
    /// <exception cref="SyscallException">setitimer or signal failed.</exception>
    public static void EndAfter(TimeSpan time)
    {
        // An ignored signal stays ignored over execve.
        if (Libc.signal(SIGALRM, Libc.SIG_DFL) == -1)
        {
            throw SyscallException.Last("signal", "SIGALRM");
        }

        ITimerValue value = new()
        {
            Seconds = (long)time.TotalSeconds,
            Microseconds = (long)time.TotalMicroseconds % 1_000_000,
        };
        if (setitimer(ITIMER_REAL, &value, null) != 0)
        {
            throw SyscallException.Last("setitimer", $"{time}");
        }
    }

    /// <summary>Has a write beyond RLIMIT_FSIZE fail with EFBIG, instead of ending this process: what cannot be written is said, and the rest goes on.</summary>
    /// <exception cref="SyscallException">signal failed.</exception>
    public static void IgnoreFileSizeSignal()
    {
        if (Libc.signal(SIGXFSZ, Libc.SIG_IGN) == -1)
        {
            throw SyscallException.Last("signal", "SIGXFSZ");
        }
    }

    private static void Set(int resource, ulong value, string name)
    {
        RLimit limit;
        if (getrlimit(resource, &limit) != 0)
        {
            throw SyscallException.Last("getrlimit", name);
        }

        limit = new RLimit { Current = Math.Min(value, limit.Maximum), Maximum = Math.Min(value, limit.Maximum) };
        if (setrlimit(resource, &limit) != 0)
        {
            throw SyscallException.Last("setrlimit", name);
        }
    }

    [LibraryImport("libc", SetLastError = true)] private static partial int getrlimit(int resource, RLimit* limit);
    [LibraryImport("libc", SetLastError = true)] private static partial int setrlimit(int resource, RLimit* limit);
    [LibraryImport("libc", SetLastError = true)] private static partial int setitimer(int which, ITimerValue* value, ITimerValue* old);
}
