using CrashHandler.Handler.Capture;
using CrashHandler.Handler.Minidump;

namespace CrashHandler.Handler.Daemon;

/// <summary>An end that no process asks for, of which no notice came. What counts as one is a pure function of what is known.</summary>
/// <param name="Signal">What killed it.</param>
/// <param name="Reason">In words, for lists; reports are grouped by it.</param>
internal sealed record AbnormalEnd(int Signal, string Reason)
{
    private const int SIGILL = 4, SIGTRAP = 5, SIGABRT = 6, SIGBUS = 7, SIGFPE = 8, SIGKILL = 9, SIGSEGV = 11, SIGXCPU = 24, SIGXFSZ = 25, SIGSYS = 31;

    /// <summary>What the reports of processes have in common that the kernel killed for want of memory.</summary>
    public const string OutOfMemory = "out of memory: killed by the kernel (SIGKILL)";

    /// <summary>
    /// Null: the process ended as it, or whoever asked it to, wanted it. An exit code is a program's own verdict; SIGTERM, SIGINT, SIGHUP, SIGPIPE and the like are requests. SIGQUIT, which
    /// dumps core as well, is one too: it is what ctrl-\ sends.
    /// </summary>
    /// <param name="waitStatus">As wait(2) has it; null: the kernel does not tell.</param>
    /// <param name="wasTold">A notice came: it is reported, or is about to be.</param>
    /// <param name="hasEnded">The process said that it ends in order.</param>
    /// <param name="oomKills">Processes of its memory cgroup that the kernel killed lately; null: nobody counts.</param>
    public static AbnormalEnd? Of(int? waitStatus, bool wasTold, bool hasEnded, long? oomKills)
    {
        if (wasTold || hasEnded)
        {
            return null;
        }

        if (waitStatus is not { } status)
        {
            // An orderly end looks the same: without a witness there is none.
            return oomKills > 0 ? new AbnormalEnd(SIGKILL, OutOfMemory) : null;
        }

        return new WaitStatus(status).EndSignal switch
        {
            SIGKILL => new AbnormalEnd(SIGKILL, oomKills > 0 ? OutOfMemory : "killed (SIGKILL)"),
            (SIGILL or SIGTRAP or SIGABRT or SIGBUS or SIGFPE or SIGSEGV or SIGXCPU or SIGXFSZ or SIGSYS) and int signal => new AbnormalEnd(signal, $"{SignalNames.Name(signal)}, without a notice"),
            _ => null,
        };
    }
}
