using CrashHandler.Handler.Doctor.Facts;

namespace CrashHandler.Handler.Doctor.Checks;

/// <summary>The profile of a security module that confines this process.</summary>
internal static class AppArmorCheck
{
    private const string Check = "apparmor";
    private const string Unconfined = "unconfined";

    /// <summary>The profile, if there is one that may refuse something; null: there is none.</summary>
    public static string? Confinement(string? label)
        // SELinux shows its context at the same place; its unconfined ones say so.
        => label is null || label.Length == 0 || label.Contains(Unconfined, StringComparison.Ordinal) || label.EndsWith("(complain)", StringComparison.Ordinal) ? null : label;

    /// <summary>Judges.</summary>
    /// <param name="label">/proc/self/attr/current; null: no module writes it.</param>
    /// <param name="attempts">What was tried.</param>
    /// <param name="seccomp">Whether a filter explains what was refused.</param>
    public static Finding Evaluate(string? label, AttemptFacts attempts, SeccompFacts seccomp)
        => label is null ? Finding.NotApplicable(Check, "no security module labels processes here")
            : Confinement(label) is not { } profile ? Finding.Ok(Check, $"'{label}'")
            : !seccomp.IsFiltered && attempts.Refuses(AttemptFacts.Ptrace)
            ? Finding.Problem(
                Check,
                $"'{profile}', and ptrace is refused",
                Degradation.Of(attempts),
                "Allow it in the profile ('ptrace (trace, read) peer=@{profile_name},'), or start the container with --security-opt apparmor=unconfined.")
            : Finding.Ok(Check, $"'{profile}'", "It refuses nothing that a capture needs, between processes under the same profile.");
}
