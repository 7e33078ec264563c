using CrashHandler.Handler.Doctor.Facts;
using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Reports;

namespace CrashHandler.Handler.Doctor.Gathering;

/// <summary>The directory of the reports and what it is on. Nothing is left there, however this process ends.</summary>
internal static partial class StorageLook
{
    public static FileSystemSpace? Space(string? path) => path is null ? null : FileSystemSpace.Of(Existing(path));

    /// <summary>Null: there is no database, or its settings cannot be read by this user.</summary>
    public static UploadFacts? Uploads(string? path)
    {
        if (path is null || !Directory.Exists(path))
        {
            return null;
        }

        DatabaseSettings settings = ReportDatabase.OpenExisting(path).Settings;
        return new UploadFacts(settings.Uploads, settings.OperatorUploads, settings.IsPaused);
    }

    private static string Existing(string path)
    {
        while (!Directory.Exists(path) && !File.Exists(path))
        {
            path = Path.GetDirectoryName(path) ?? throw new DirectoryNotFoundException($"there is no '{path}'");
        }

        return path;
    }
}
