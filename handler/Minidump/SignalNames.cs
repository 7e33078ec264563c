using System.Collections.Frozen;

namespace CrashHandler.Handler.Minidump;

/// <summary>Linux signals in words, as Breakpad's readers put them (numbers from <c>asm-generic/signal.h</c> and <c>siginfo.h</c>).</summary>
internal static class SignalNames
{
    /// <summary>The signal of a dump of a process that did not crash: Crashpad's <c>kSimulatedSigno</c>, 0xFFFFFFFF in a minidump.</summary>
    public const int DumpRequested = Capture.ExceptionSnapshot.DumpRequested;

    private static readonly string[] Signals =
    [
        "", "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGKILL", "SIGUSR1", "SIGSEGV", "SIGUSR2",
        "SIGPIPE", "SIGALRM", "SIGTERM", "SIGSTKFLT", "SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGURG", "SIGXCPU",
        "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO", "SIGPWR", "SIGSYS",
    ];

    /// <summary>Codes that the kernel gives with any signal.</summary>
    private static readonly FrozenDictionary<int, string> AnyCodes = new Dictionary<int, string>
    {
        [0] = "SI_USER",
        [0x80] = "SI_KERNEL",
        [-1] = "SI_QUEUE",
        [-2] = "SI_TIMER",
        [-3] = "SI_MESGQ",
        [-4] = "SI_ASYNCIO",
        [-5] = "SI_SIGIO",
        [-6] = "SI_TKILL",
        [-7] = "SI_DETHREAD",
        [-60] = "SI_ASYNCNL",
    }.ToFrozenDictionary();

    /// <summary>Codes of one signal, counted from 1.</summary>
    private static readonly FrozenDictionary<string, string[]> OwnCodes = new Dictionary<string, string[]>
    {
        ["SIGILL"] = ["ILL_ILLOPC", "ILL_ILLOPN", "ILL_ILLADR", "ILL_ILLTRP", "ILL_PRVOPC", "ILL_PRVREG", "ILL_COPROC", "ILL_BADSTK", "ILL_BADIADDR"],
        ["SIGTRAP"] = ["TRAP_BRKPT", "TRAP_TRACE", "TRAP_BRANCH", "TRAP_HWBKPT", "TRAP_UNK", "TRAP_PERF"],
        ["SIGBUS"] = ["BUS_ADRALN", "BUS_ADRERR", "BUS_OBJERR", "BUS_MCEERR_AR", "BUS_MCEERR_AO"],
        ["SIGFPE"] = ["FPE_INTDIV", "FPE_INTOVF", "FPE_FLTDIV", "FPE_FLTOVF", "FPE_FLTUND", "FPE_FLTRES", "FPE_FLTINV", "FPE_FLTSUB"],
        ["SIGSEGV"] =
        [
            "SEGV_MAPERR", "SEGV_ACCERR", "SEGV_BNDERR", "SEGV_PKUERR", "SEGV_ACCADI", "SEGV_ADIDERR", "SEGV_ADIPERR", "SEGV_MTEAERR",
            "SEGV_MTESERR", "SEGV_CPERR",
        ],
        ["SIGSYS"] = ["SYS_SECCOMP", "SYS_USER_DISPATCH"],
    }.ToFrozenDictionary();

    /// <summary>Such as <c>SIGSEGV /SEGV_MAPERR</c>; a number without a name stands in hexadecimal.</summary>
    /// <param name="signal">Signal number, or <see cref="DumpRequested"/>.</param>
    /// <param name="code"><c>si_code</c>.</param>
    public static string Describe(int signal, int code)
    {
        if (signal == DumpRequested)
        {
            return "Dump requested";
        }

        string name = Name(signal);
        return $"{name} /{CodeName(name, code)}";
    }

    /// <summary>Such as <c>SIGSEGV</c>.</summary>
    public static string Name(int signal) => signal > 0 && signal < Signals.Length ? Signals[signal] : $"signal {signal}";

    private static string CodeName(string signal, int code)
    {
        if (AnyCodes.TryGetValue(code, out string? any))
        {
            return any;
        }

        return OwnCodes.TryGetValue(signal, out string[]? own) && code > 0 && code <= own.Length ? own[code - 1] : $"0x{code:x}";
    }
}
