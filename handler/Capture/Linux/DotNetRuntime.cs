using System.Text;

namespace CrashHandler.Handler.Capture.Linux;

/// <summary>Which .NET runtime a process runs on, for a process that did not say.</summary>
internal static class DotNetRuntime
{
    private const string FileName = "libcoreclr.so";

    // The what(1) string that every native library of the runtime carries.
    private static ReadOnlySpan<byte> Marker => "@(#)Version "u8;

    /// <summary>Whether a module is the runtime's own library.</summary>
    public static bool IsRuntime(ModuleSnapshot module) => Path.GetFileName(module.Path) == FileName;

    /// <summary>The runtime's version, such as <c>10.0.12</c>; null when there is none in the process, or it cannot be told.</summary>
    public static string? Version(ProcessSnapshot snapshot)
    {
        ModuleSnapshot? runtime = snapshot.Modules.FirstOrDefault(IsRuntime);
        if (runtime is null)
        {
            return null;
        }

        // A shared runtime lies in a directory named by its version; a self-contained one does not.
        string? directory = Path.GetFileName(Path.GetDirectoryName(runtime.Path));
        return System.Version.TryParse(directory?.Split('-')[0], out System.Version? version) && version.Build >= 0 ? directory : VersionInFile(runtime.Path);
    }

    private static string? VersionInFile(string path)
    {
        byte[] file;
        try
        {
            file = new FileInfo(path).Length <= CaptureLimits.MaxRuntimeFileBytes ? File.ReadAllBytes(path) : [];
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return null;
        }

        int start = file.AsSpan().IndexOf(Marker);
        if (start < 0)
        {
            return null;
        }

        ReadOnlySpan<byte> text = file.AsSpan(start + Marker.Length);
        int end = text.IndexOfAny((byte)' ', (byte)0);
        // Four numbers stand there, 10.0.1226.12345: the third is the patch and the month's digits as the build made them.
        return end > 0 ? Encoding.ASCII.GetString(text[..end]) : null;
    }
}
