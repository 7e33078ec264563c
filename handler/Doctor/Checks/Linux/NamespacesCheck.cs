using CrashHandler.Handler.Doctor.Facts;

namespace CrashHandler.Handler.Doctor.Checks;

/// <summary>Containers, and who is PID 1.</summary>
internal static class NamespacesCheck
{
    private const string Check = "namespaces";

    // What reaps, and outlives what it started.
    private static readonly string[] s_inits = ["systemd", "init", "tini", "dumb-init", "docker-init", "catatonit", "s6-svscan", "runit", "podman-init", "openrc-init", "pause"];

    /// <summary>Judges.</summary>
    public static Finding Evaluate(NamespaceFacts facts)
    {
        List<string> parts = [];
        if (facts.Container is { } mark)
        {
            parts.Add($"in a container ({mark})");
        }

        if (facts.IsOwnPid)
        {
            parts.Add("a pid namespace of its own");
        }

        if (facts.IsOwnUser)
        {
            parts.Add("a user namespace of its own");
        }

        string found = parts.Count == 0 ? "the machine's own" : string.Join(", ", parts);
        string first = facts.FirstProcess is null ? "" : $"; PID 1 is '{facts.FirstProcess}'";
        return facts.IsOwnPid && facts.FirstProcess is { } name && !s_inits.Contains(name)
            ? Finding.Warning(
                Check,
                found + first,
                "If PID 1 is the application, everything ends with it, the handler too: its reports are kept, and sent by the next handler on the same database.",
                "Put the database on a volume, or set WaitForUpload; 'docker run --init' gives PID 1 to an init.")
            : Finding.Ok(
                Check, found + first, facts.IsOwnUser ? "Whatever this user may do here, it has no rights over processes of other user namespaces." : null);
    }
}
