using CrashHandler.Native;

namespace CrashHandler;

/// <summary>Where a path leads when its links are followed: two ways to one directory are one directory.</summary>
internal static class RealPath
{
    /// <summary>The absolute path without links; what is not there, or cannot be looked at, stays as it is written.</summary>
    public static string Of(string path)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (OperatingSystem.IsWindows())
        {
            return NativePath.Final(full) ?? (Path.GetDirectoryName(full) is { } folder ? Path.Combine(Of(folder), Path.GetFileName(full)) : full);
        }

        try
        {
            return Path.Exists(full) && Directory.ResolveLinkTarget(full, returnFinalTarget: true) is { } target ? Of(target.FullName)
                : Path.GetDirectoryName(full) is { } parent ? Path.Combine(Of(parent), Path.GetFileName(full))
                : full;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            // Links in a circle, or a directory that may not be looked into.
            return full;
        }
    }
}
