using CrashHandler.Handler.Doctor.Facts;
using CrashHandler.Handler.Posix;
using CrashHandler.Protocol;
using Microsoft.Win32.SafeHandles;

namespace CrashHandler.Handler.Doctor.Gathering;

// Owners, access lists and volumes.
internal static partial class StorageLook
{
    public static DirectoryFacts? Database(string? path)
    {
        if (path is null)
        {
            return null;
        }

        FileStatus? status = FileStatus.Of(path);
        bool isDirectory = status?.IsDirectory ?? false;
        return new DirectoryFacts
        {
            Path = path,
            Exists = status is not null,
            IsDirectory = isDirectory,
            OtherOwner = status is not null && PosixFiles.Owner(path) is var owner && owner != PosixFiles.UserId() ? PosixFiles.Describe(owner) : null,
            IsWritableByOthers = isDirectory && PosixFiles.IsWritableByOthers(path),
            WhyNotWritable = WhyNotWritable(Existing(path)),
        };
    }

    public static VolumeFacts? Volume(string? path)
    {
        if (path is null)
        {
            return null;
        }

        string root = Path.GetPathRoot(path)!;
        // A name such as \\server\share is no drive's.
        DriveType kind = root.StartsWith(@"\\", StringComparison.Ordinal) ? DriveType.Network : new DriveInfo(root).DriveType;
        string temporary = Path.TrimEndingDirectorySeparator(TemporaryDirectory.Path) + Path.DirectorySeparatorChar;
        return new VolumeFacts(path, kind, path.StartsWith(temporary, StringComparison.OrdinalIgnoreCase));
    }

    // A file that the system removes when it is closed, however this process ends: a full disk and a quota show, and nothing is left.
    private static string? WhyNotWritable(string directory)
    {
        try
        {
            using SafeFileHandle file = File.OpenHandle(
                Path.Combine(directory, $"crash-handler-doctor-{Environment.ProcessId}.tmp"), FileMode.CreateNew, FileAccess.Write, FileShare.None, FileOptions.DeleteOnClose);
            RandomAccess.Write(file, [0], fileOffset: 0);
            return null;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return refused.Message;
        }
    }
}
