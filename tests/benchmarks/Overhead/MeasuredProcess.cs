using System.Collections;
using System.Globalization;
using System.Runtime.InteropServices;

namespace CrashHandler.Benchmarks.Overhead;

/// <summary>Runs <c>Healthy</c> once, and takes its processor time: of each loop as it says itself, and of all of it as the kernel says when it is reaped (wait4).</summary>
internal static unsafe partial class MeasuredProcess
{
    // struct rusage begins with user and system time, each in seconds and microseconds; it has 144 bytes.
    private const int UsageFields = 18;

    /// <summary>Runs it.</summary>
    /// <param name="program">Its path.</param>
    /// <param name="mode">Its first argument.</param>
    /// <param name="directory">Its TMPDIR.</param>
    /// <returns>Milliseconds of user and system time.</returns>
    /// <exception cref="InvalidOperationException">It did not end with status 0.</exception>
    public static Sample Run(string program, string mode, string directory)
    {
        string result = Path.Combine(directory, "result");
        string?[] inherited = [.. Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(variable => $"{variable.Key}={variable.Value}")
            .Where(variable => !variable.StartsWith("CRASH_HANDLER_", StringComparison.Ordinal) && !variable.StartsWith("TMPDIR=", StringComparison.Ordinal))];
        long* usage = stackalloc long[UsageFields];
        int status = 0;
        int error = Spawn(out int pid, program, 0, 0, [program, mode, result, null], [.. inherited, $"TMPDIR={directory}", null]);
        if (error != 0 || WaitFor(pid, &status, 0, usage) != pid || status != 0)
        {
            throw new InvalidOperationException($"{program} {mode}: posix_spawn {error}, wait status {status}");
        }

        double[] loops = [.. File.ReadAllText(result).Split(' ').Select(text => double.Parse(text, CultureInfo.InvariantCulture))];
        return new Sample(loops[0], loops[1], (usage[0] + usage[2]) * 1e3 + (usage[1] + usage[3]) / 1e3);
    }

    [LibraryImport("libc", EntryPoint = "posix_spawn", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Spawn(out int pid, string path, nint fileActions, nint attributes, string?[] argv, string?[] envp);

    [LibraryImport("libc", EntryPoint = "wait4")]
    private static partial int WaitFor(int pid, int* status, int options, long* usage);
}
