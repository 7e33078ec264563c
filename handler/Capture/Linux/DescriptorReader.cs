using System.Diagnostics;
using System.Text;
using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Capture.Linux;

/// <summary>The open file descriptors of a process: one readlink each, and nothing that could block on a dead file system.</summary>
internal static class DescriptorReader
{
    private const string SocketPrefix = "socket:[";
    private const string PipePrefix = "pipe:[";

    /// <summary>Reads at most <see cref="CaptureLimits.MaxDescriptors"/> of them in at most <see cref="CaptureLimits.DescriptorTime"/>; one that was closed meanwhile is not there.</summary>
    /// <param name="directory">Such as /proc/PID/fd.</param>
    /// <param name="errors">What was left out.</param>
    /// <exception cref="SyscallException">It cannot be listed, or may not be.</exception>
    public static List<DescriptorSnapshot> Read(string directory, SoftErrorList errors)
    {
        long begin = Stopwatch.GetTimestamp();
        List<DescriptorSnapshot> found = [];
        foreach (int number in ProcFs.ListNumbers(directory))
        {
            if (found.Count == CaptureLimits.MaxDescriptors || Stopwatch.GetElapsedTime(begin) > CaptureLimits.DescriptorTime)
            {
                errors.Add(CaptureStep.Descriptors, directory,
                    $"those from {number} on left out (limits of {CaptureLimits.MaxDescriptors} and {CaptureLimits.DescriptorTime.TotalMilliseconds} ms)");
                break;
            }

            try
            {
                string target = Encoding.UTF8.GetString(ProcFs.ReadLinkBytes($"{directory}/{number}"));
                found.Add(new DescriptorSnapshot(number, KindOf(target), target));
            }
            catch (SyscallException error) when (error.Errno == Libc.ENOENT)
            {
                // The reporting thread runs on and may close what it opened.
                continue;
            }
        }

        return found;
    }

    /// <summary>What a link of /proc/PID/fd says of its kind.</summary>
    public static string KindOf(string target) => target switch
    {
        _ when target.StartsWith('/') => "File",
        _ when target.StartsWith(SocketPrefix, StringComparison.Ordinal) => "Socket",
        _ when target.StartsWith(PipePrefix, StringComparison.Ordinal) => "Pipe",
        _ => target,
    };
}
