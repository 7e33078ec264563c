using System.Text;
using CrashHandler.Handler.Capture.Linux;
using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Doctor.Gathering;

/// <summary>Small files of /proc and /sys, as text.</summary>
internal static class ProcText
{
    /// <summary>A file's text, without the end of its last line; null: it is not there, or closed to this process.</summary>
    public static string? TryRead(string path)
    {
        try
        {
            return Encoding.UTF8.GetString(ProcFs.Read(path, DoctorLimits.ProcFileBytes, out _)).TrimEnd('\n', '\0');
        }
        catch (SyscallException)
        {
            // Each kernel has others of them, and none that is missing is an error: the check says that there is nothing.
            return null;
        }
    }

    /// <summary>What stands behind a name and a colon, as in /proc/PID/status; null: there is no such line.</summary>
    public static string? Field(string? text, string name)
    {
        foreach (string line in (text ?? "").Split('\n'))
        {
            if (line.StartsWith(name, StringComparison.Ordinal) && line.Length > name.Length && line[name.Length] == ':')
            {
                return line[(name.Length + 1)..].Trim();
            }
        }

        return null;
    }

    /// <summary>Where a link of /proc leads; null: it is hidden.</summary>
    public static string? TryReadLink(string path)
    {
        try
        {
            return ProcFs.ReadLink(path);
        }
        catch (SyscallException)
        {
            return null;
        }
    }
}
