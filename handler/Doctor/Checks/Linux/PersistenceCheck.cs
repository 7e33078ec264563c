using CrashHandler.Handler.Doctor.Facts;
using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Doctor.Checks;

/// <summary>Whether reports outlive a restart of the machine or the container.</summary>
internal static class PersistenceCheck
{
    private const string Check = "persistence";

    /// <summary>Judges.</summary>
    /// <param name="facts">Of the database; null: there is none.</param>
    public static Finding Evaluate(PersistenceFacts? facts)
    {
        const string Remedy = "Keep it where it lasts: CrashesDirectory in the application, or --database, such as ~/.local/state/NAME or /var/lib/NAME.";
        return facts switch
        {
            null => Finding.NotApplicable(Check, "no database"),
            { FileSystem: FileSystemSpace.Tmpfs or FileSystemSpace.Ramfs } => Finding.Warning(
                Check, $"'{facts.Path}' is in memory (tmpfs)", "A restart empties it: reports that wait there are lost, and they take memory.", Remedy),
            { EmptiedBy: { } rule } => Finding.Warning(
                Check, $"'{facts.Path}' is in a directory that is emptied ({rule})", "Reports that wait there over a restart, or for long, are lost.", Remedy),
            { FileSystem: FileSystemSpace.Overlayfs } => Finding.Warning(
                Check, $"'{facts.Path}' is in a container's own layer (overlayfs)", "It goes with the container: reports that wait there are lost.", "Put it on a volume, or set WaitForUpload."),
            _ => Finding.Ok(Check, $"'{facts.Path}' is on a disk, and nothing is known to empty it"),
        };
    }
}
