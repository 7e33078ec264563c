using CrashHandler.Handler.Doctor.Facts;
using CrashHandler.Protocol;

namespace CrashHandler.Handler.Doctor.Checks;

/// <summary>Whether one process can be captured.</summary>
internal static class TargetCheck
{
    private const string Check = "process";
    private const uint Root = 0;

    /// <summary>Judges.</summary>
    /// <param name="target">The process; null: none in particular.</param>
    /// <param name="own">What this process may do.</param>
    /// <param name="scope">kernel.yama.ptrace_scope; null: no Yama.</param>
    public static Finding Evaluate(TargetFacts? target, CapabilityFacts own, int? scope)
    {
        if (target is null)
        {
            return Finding.NotApplicable(Check, "name one with --pid");
        }

        string found = $"{target.ProcessId} ({target.Name}) of {own.Describe(target.User)}{target.HasShim switch { true => ", covered by the shim", false => ", without the shim", null => "" }}{(target.SeccompMode > 0 ? ", under a seccomp filter" : "")}";
        if (target.Tracer != 0)
        {
            return Finding.Warning(
                Check, $"{found}, traced by process {target.Tracer}", "Only one can trace: while the debugger is there, a crash is reported with access Running.", $"End process {target.Tracer} when it is done.");
        }

        if (target.MemoryErrno != 0 && target.User != own.User)
        {
            return Finding.Problem(
                Check,
                $"{found}; its memory cannot be read by user {own.User}",
                $"User {own.User} has no CAP_SYS_PTRACE {(own.IsOwnUserNamespace ? "where that process lives" : "here")}, and a handler serves its own user only.",
                $"Run the handler as the user of that process{(own.IsOwnUserNamespace ? ", outside of this user namespace" : "")}, or 'crash-handler dump' as root with CAP_SYS_PTRACE.");
        }

        // Yama lets whom the process names, which it does when it dies.
        if (target.MemoryErrno != 0 && !(scope == 1 && target.Owner == target.User))
        {
            return target.Owner != target.User
                ? Finding.Problem(
                    Check,
                    $"{found}; it is not dumpable (prctl PR_SET_DUMPABLE 0, or it changed its user)",
                    $"Without CAP_SYS_PTRACE{(own.IsOwnUserNamespace ? " where that process lives" : "")} its own user may not look into it: its crash is reported with access HandedOver, from the memory that it opens itself.",
                    "Have it call prctl(PR_SET_DUMPABLE, 1), or run its handler with CAP_SYS_PTRACE.")
                : Finding.Problem(
                    Check,
                    $"{found}; its memory cannot be read",
                    $"User {own.User} has no CAP_SYS_PTRACE {(own.IsOwnUserNamespace ? "where that process lives" : "here")}, and the process has rights, or a user namespace, that this user has not.",
                    "Run the handler beside it: in its container, as its user, or as root with CAP_SYS_PTRACE.");
        }

        return target.OtherNamespaces is { Count: > 0 } others
            ? Finding.Warning(
                Check,
                $"{found}, in other namespaces than this one ({string.Join(", ", others)})",
                "Its handler should live where it does: its paths, pids and users are others.",
                $"Ask there: 'nsenter -t {target.ProcessId} -a crash-handler doctor', or in its container.")
            : target.HasShim == false
            ? Finding.Warning(Check, found, "Its crashes are not seen.", target.User == Root || target.User == own.User ? $"'crash-handler attach {target.ProcessId}' covers a .NET process; 'crash-handler exec' any, from its start; or have it call CrashReporter.Start." : "Have it call CrashReporter.Start.")
            : target.Missing is { } missing and not Hooks.None
            ? Finding.Problem(
                Check,
                $"{found}, which does not have {missing} in place",
                $"{string.Join("; ", MissingHooks.Describe(missing))}.",
                "This release does not know that runtime, or something keeps its pages from being written: 'crash-handler log' has it. 'crash-handler exec' needs none of its slots; a newer release may know them.")
            : Finding.Ok(Check, found);
    }
}
