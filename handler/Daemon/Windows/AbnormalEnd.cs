namespace CrashHandler.Handler.Daemon;

/// <summary>An end that no process asks for, of which no notice came. What counts as one is a pure function of what is known.</summary>
/// <param name="Signal">The exit code, which is an exception's: an NTSTATUS, or a runtime's own.</param>
/// <param name="Reason">In words, for lists; reports are grouped by it.</param>
internal sealed record AbnormalEnd(int Signal, string Reason)
{
    // Severity "error" of an NTSTATUS (MS-ERREF, 2.3): C for the system's own codes. The customers' (E) are counted one by one.
    private const uint SeverityMask = 0xF0000000, SystemError = 0xC0000000;

    // Exceptions that are no NTSTATUS of that kind, and end a process when nobody catches them.
    private const uint STATUS_BREAKPOINT = 0x80000003, STATUS_SINGLE_STEP = 0x80000004, DotNetException = 0xE0434352, CppException = 0xE06D7363;

    // HRESULTs that the .NET runtime ends its process with: Environment.FailFast, a fault of its own, and a stack that is full.
    private const uint COR_E_FAILFAST = 0x80131623, COR_E_EXECUTIONENGINE = 0x80131506, COR_E_STACKOVERFLOW = 0x800703E9;

    // Somebody asked for it: Ctrl+C, the end of a session, and who closes a window that does not answer.
    private const uint STATUS_CONTROL_C_EXIT = 0xC000013A, DBG_TERMINATE_PROCESS = 0x40010004, ClosedAsHung = 0xCFFFFFFF;

    /// <summary>
    /// Null: the process ended as it, or whoever asked it to, wanted it. What TerminateProcess is given is whoever's choice (the task manager's is 1), and cannot be told from an exit code of the
    /// program's own, which is its verdict: both are no report. So is the 3 of an older C runtime's <c>abort</c>.
    /// </summary>
    /// <param name="exitCode">As GetExitCodeProcess has it; null: the system does not tell.</param>
    /// <param name="wasTold">A notice came: it is reported, or is about to be.</param>
    /// <param name="hasEnded">The process said that it ends in order.</param>
    /// <param name="oomKills">Always null: the system kills nobody for want of memory.</param>
    public static AbnormalEnd? Of(int? exitCode, bool wasTold, bool hasEnded, long? oomKills)
    {
        if (wasTold || hasEnded || exitCode is not { } code)
        {
            return null;
        }

        uint status = unchecked((uint)code);
        bool isException = status is STATUS_BREAKPOINT or STATUS_SINGLE_STEP or DotNetException or CppException or COR_E_FAILFAST or COR_E_EXECUTIONENGINE or COR_E_STACKOVERFLOW
            || ((status & SeverityMask) == SystemError && status is not (STATUS_CONTROL_C_EXIT or DBG_TERMINATE_PROCESS or ClosedAsHung));
        return isException ? new AbnormalEnd(code, $"exit code 0x{status:X8}{Name(status)}, without a notice") : null;
    }

    private static string Name(uint status) => status switch
    {
        0xC0000005 => " (access violation)",
        0xC0000006 => " (in-page error)",
        0xC0000017 => " (no memory)",
        0xC000001D => " (illegal instruction)",
        0xC0000094 => " (integer division by zero)",
        0xC00000FD or COR_E_STACKOVERFLOW => " (stack overflow)",
        0xC0000374 => " (heap corruption)",
        // __fastfail, which abort and the buffer checks of C end with.
        0xC0000409 => " (fail fast)",
        STATUS_BREAKPOINT => " (breakpoint)",
        STATUS_SINGLE_STEP => " (single step)",
        DotNetException => " (.NET exception)",
        CppException => " (C++ exception)",
        COR_E_FAILFAST => " (Environment.FailFast)",
        COR_E_EXECUTIONENGINE => " (fault of the .NET runtime)",
        _ => "",
    };
}
