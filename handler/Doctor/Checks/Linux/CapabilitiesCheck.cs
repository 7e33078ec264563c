using CrashHandler.Handler.Doctor.Facts;

namespace CrashHandler.Handler.Doctor.Checks;

/// <summary>CAP_SYS_PTRACE: whose processes may be traced (capabilities(7)).</summary>
internal static class CapabilitiesCheck
{
    private const string Check = "capabilities";
    private const uint Root = 0;

    /// <summary>Judges.</summary>
    /// <param name="facts">Of this process.</param>
    /// <param name="target">The process that is to be covered; null: none in particular.</param>
    public static Finding Evaluate(CapabilityFacts facts, TargetFacts? target)
    {
        string where = facts.IsOwnUserNamespace ? ", in a user namespace of its own, outside of which they do not count" : "";
        string found = $"user {facts.User}, {(facts.CanTraceAll ? "with" : "without")} CAP_SYS_PTRACE{where}";
        if (target is not null && target.User != facts.User && !facts.CanTraceAll)
        {
            return Finding.Problem(
                Check,
                $"{found}; process {target.ProcessId} belongs to {facts.Describe(target.User)}",
                "Without CAP_SYS_PTRACE no process of another user may be traced, and a handler serves its own user only.",
                $"Run the handler as the user of that process{(facts.IsOwnUserNamespace ? ", outside of this user namespace" : "")}"
                + $"{(facts.CouldTraceAll ? ", or as root" : "; in a container, start that with --cap-add=SYS_PTRACE to look at it as root")}.");
        }

        return facts.User == Root && !facts.CanTraceAll
            ? Finding.Warning(
                Check,
                found,
                "Root's own processes are captured; of other users' processes 'crash-handler dump' and 'doctor --pid' see nothing.",
                "Start the container with --cap-add=SYS_PTRACE, if that is wanted.")
            : Finding.Ok(Check, found, facts.CanTraceAll ? null : "Enough: a handler traces processes of its own user.");
    }
}
