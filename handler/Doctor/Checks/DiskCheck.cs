using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Doctor.Checks;

/// <summary>Whether there is room for reports.</summary>
internal static class DiskCheck
{
    private const string Check = "disk";
    private const long MiB = 1 << 20;

    /// <summary>Judges.</summary>
    /// <param name="space">Of the file system of the database; null: it is not known which.</param>
    public static Finding Evaluate(FileSystemSpace? space)
    {
        if (space is not { } there)
        {
            return Finding.NotApplicable(Check, "no database");
        }

        string found = $"{there.FreeBytes / MiB:N0} MiB free of {there.TotalBytes / MiB:N0}"
            + (there.TotalFiles > 0 ? $", {there.FreeFiles:N0} inodes free" : "");
        const string Remedy = "Make room, or keep the database elsewhere; 'crash-handler reports prune' takes old reports away.";
        bool hasInodes = there.TotalFiles > 0;
        return there.FreeBytes < DoctorLimits.LeastFreeBytes || (hasInodes && there.FreeFiles < DoctorLimits.LeastFreeFiles)
            ? Finding.Problem(Check, found, "The next report may not fit.", Remedy)
            : there.FreeBytes < DoctorLimits.FewFreeBytes || (hasInodes && there.FreeFiles < DoctorLimits.FewFreeFiles)
            ? Finding.Warning(Check, found, "Room for a few reports; heap dumps are not made.", Remedy)
            : Finding.Ok(Check, found);
    }
}
