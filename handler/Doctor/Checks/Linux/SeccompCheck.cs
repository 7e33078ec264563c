using CrashHandler.Handler.Doctor.Facts;

namespace CrashHandler.Handler.Doctor.Checks;

/// <summary>Whether a seccomp filter takes calls away that a capture needs (seccomp(2)).</summary>
internal static class SeccompCheck
{
    private const string Check = "seccomp";

    /// <summary>Judges.</summary>
    public static Finding Evaluate(SeccompFacts facts, AttemptFacts attempts)
    {
        if (!facts.IsFiltered)
        {
            return facts.Mode is null ? Finding.NotApplicable(Check, "this kernel does not say") : Finding.Ok(Check, "no filter");
        }

        string found = $"{(facts.Filters is > 1 ? $"{facts.Filters} filters are" : "a filter is")} in force";
        // An older kernel lacks pidfd_getfd, and nothing here needs it.
        List<Attempt> refused = [.. attempts.Refused.Where(attempt => attempt.Call != AttemptFacts.PidfdGetfd)];
        return refused.Count == 0
            ? Finding.Ok(Check, found, "It refuses nothing that a capture needs.")
            : Finding.Problem(
                Check,
                $"{found}, and {string.Join(", ", refused.Select(attempt => $"{attempt.Call} is refused ({attempt.Answer})"))}",
                Degradation.Of(attempts),
                "A container: --cap-add=SYS_PTRACE allows the calls in Docker's and Podman's own profile; else name a profile that allows them with --security-opt seccomp=FILE. "
                + "A systemd unit: 'SystemCallFilter=@system-service @debug'. A sandbox of the application's own: start the handler before it, or allow the calls to it.");
    }
}
