using CrashHandler.Handler.Doctor.Facts;

namespace CrashHandler.Handler.Doctor.Checks;

/// <summary>Whether a process can really be captured: what a capture calls was tried on a child.</summary>
internal static class TracingCheck
{
    private const string Check = "tracing";

    /// <summary>Judges.</summary>
    public static Finding Evaluate(AttemptFacts attempts, SeccompFacts seccomp, int? scope, string? confinement)
    {
        List<Attempt> refused = [.. attempts.Refused.Where(attempt => attempt.Call != AttemptFacts.PidfdGetfd)];
        if (refused.Count == 0)
        {
            return attempts.Trouble is { } trouble
                ? Finding.Warning(Check, $"not tried: {trouble}", "It is not known whether processes can be captured.", "Mend that, and ask again.")
                : Finding.Ok(Check, $"a child was stopped and read: {string.Join(", ", attempts.Attempts.Where(attempt => attempt.Worked).Select(attempt => attempt.Call))} work");
        }

        string found = $"{string.Join(", ", refused.Select(attempt => $"{attempt.Call}: {attempt.Answer}"))}{(attempts.Trouble is { } rest ? $"; {rest}" : "")}";
        (string reason, string remedy) = seccomp.IsFiltered ? ("A seccomp filter refuses it.", "See seccomp.")
            : scope is > 1 ? ($"kernel.yama.ptrace_scope is {scope}.", "See ptrace_scope.")
            : confinement is not null ? ($"The security module's profile '{confinement}' refuses it.", "See apparmor.")
            : ("No seccomp filter, Yama or profile of a security module explains it: the kernel, or what stands in for one (gVisor, a sandbox), does not do it.",
                "Run the handler outside of that sandbox, or on another kernel.");
        return Finding.Problem(Check, found, $"{reason} {Degradation.Of(attempts)}", remedy);
    }
}
