using CrashHandler.Handler.Doctor.Facts;

namespace CrashHandler.Handler.Doctor.Checks;

/// <summary>Whether reports outlive a restart of the machine.</summary>
internal static class VolumeCheck
{
    private const string Check = "persistence";

    /// <summary>Judges.</summary>
    /// <param name="facts">Of the database; null: there is none.</param>
    public static Finding Evaluate(VolumeFacts? facts)
    {
        const string Remedy = "Keep it on a local disk: CrashesDirectory in the application, or --database, such as %LOCALAPPDATA%\\NAME.";
        return facts switch
        {
            null => Finding.NotApplicable(Check, "no database"),
            { Kind: DriveType.Ram } => Finding.Warning(Check, $"'{facts.Path}' is in memory", "A restart empties it: reports that wait there are lost, and they take memory.", Remedy),
            { Kind: DriveType.Network } => Finding.Warning(Check, $"'{facts.Path}' is on another machine", "A crash is not reported while that cannot be reached, and its locks and renames are that machine's.", Remedy),
            { Kind: DriveType.Removable or DriveType.CDRom } => Finding.Warning(Check, $"'{facts.Path}' is on a medium that can be taken out", "Reports go with it.", Remedy),
            { IsTemporary: true } => Finding.Ok(Check, $"'{facts.Path}' is in the user's temporary directory", "A restart leaves it; Disk Cleanup and, where it is on, Storage Sense take old files away. CrashesDirectory names another one."),
            _ => Finding.Ok(Check, $"'{facts.Path}' is on a disk"),
        };
    }
}
