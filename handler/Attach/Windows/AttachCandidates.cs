using CrashHandler.Handler.Exec;
using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Attach;

/// <summary>The .NET processes of this user, as far as they are seen without a search. Not this one, and no other crash-handler.</summary>
internal static class AttachCandidates
{
    /// <summary>Looks at all processes.</summary>
    /// <exception cref="SyscallException">They cannot be listed.</exception>
    public static IEnumerable<AttachTarget> All()
    {
        foreach (int pid in ProcessImages.AllProcesses())
        {
            // What has no port is no .NET process, or cannot be asked: no handle need be opened for it.
            if (pid != Environment.ProcessId && AttachTarget.HasPort(pid) && Look(pid) is { } target)
            {
                yield return target;
            }
        }
    }

    private static AttachTarget? Look(int pid)
    {
        try
        {
            AttachTarget target = new(pid);
            // Every handler is a .NET process here, those of other applications too.
            return string.Equals(Path.GetFileName(target.Executable), Path.GetFileName(Executables.Resident), StringComparison.OrdinalIgnoreCase) ? null : target;
        }
        catch (Exception unseen) when (unseen is AttachException or SyscallException)
        {
            // Gone since, or closed to this user: either way none of those that are asked for.
            return null;
        }
    }
}
