using System.Globalization;
using CrashHandler.Handler.Exec;
using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Attach;

/// <summary>The .NET processes of this user, as far as they are seen without a search. Not this one, and no other crash-handler.</summary>
internal static class AttachCandidates
{
    /// <summary>Looks at all processes.</summary>
    public static IEnumerable<AttachTarget> All()
    {
        uint own = PosixFiles.UserId();
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out int pid) && pid != Environment.ProcessId && Look(pid, own) is { } target)
            {
                yield return target;
            }
        }
    }

    private static AttachTarget? Look(int pid, uint user)
    {
        try
        {
            if (PosixFiles.Owner($"/proc/{pid}") != user)
            {
                return null;
            }

            AttachTarget target = new(pid);
            return target.Executable != Environment.ProcessPath && target.Executable != Executables.Resident && target.IsSeenToBeDotNet() ? target : null;
        }
        catch (Exception unseen) when (unseen is AttachException or SyscallException)
        {
            // Gone since, or closed to this user: either way none of those that are asked for.
            return null;
        }
    }
}
