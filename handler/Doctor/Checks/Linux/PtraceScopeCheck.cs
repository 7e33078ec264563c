namespace CrashHandler.Handler.Doctor.Checks;

/// <summary>What Yama lets trace: Documentation/admin-guide/LSM/Yama.rst.</summary>
internal static class PtraceScopeCheck
{
    private const string Check = "ptrace_scope";
    private const string Remedy = "Set it to 1 or 0: 'sysctl kernel.yama.ptrace_scope=1', and in /etc/sysctl.d/ so that it lasts.";

    /// <summary>Judges.</summary>
    /// <param name="scope">kernel.yama.ptrace_scope; null: this kernel has no Yama.</param>
    /// <param name="hasCapability">Whether this user has CAP_SYS_PTRACE.</param>
    public static Finding Evaluate(int? scope, bool hasCapability) => scope switch
    {
        null => Finding.NotApplicable(Check, "no Yama in this kernel; its ordinary rules hold"),
        0 => Finding.Ok(Check, "0: whoever may send a process a signal may trace it"),
        1 => Finding.Ok(
            Check,
            "1: a process is traced by its parents, and by whom it names",
            "Enough: a dying process names its handler (PR_SET_PTRACER). 'crash-handler dump' of a process without the shim needs root."),
        2 when hasCapability => Finding.Ok(Check, "2: only who has CAP_SYS_PTRACE may trace, and this user has it"),
        2 => Finding.Problem(
            Check, "2: only who has CAP_SYS_PTRACE may trace", "The handler may not stop a dying process: reports have no registers of its other threads, no managed stacks, and the memory that the process hands over itself.", Remedy),
        _ => Finding.Problem(
            Check,
            $"{scope}: nobody may trace",
            "The handler may not stop a dying process: reports have no registers of its other threads, no managed stacks, and the memory that the process hands over itself.",
            $"It cannot be lowered before the next start of the machine. {Remedy}"),
    };
}
