using System.Collections;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace CrashHandler.Benchmarks.Start;

/// <summary>Runs a program once, and takes the time. Without <see cref="Process"/>, whose own thread hears of a child's end.</summary>
internal static unsafe partial class ColdProcess
{
    /// <summary>The whole process, from its spawn to its end.</summary>
    /// <param name="program">Its path; it has no arguments.</param>
    /// <param name="environment">What it has beside this process's environment.</param>
    /// <returns>Milliseconds.</returns>
    /// <exception cref="InvalidOperationException">It did not end with status 0.</exception>
    public static double Time(string program, params string[] environment)
    {
        string?[] inherited = [.. Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(variable => $"{variable.Key}={variable.Value}")
            .Where(variable => !variable.StartsWith("CRASH_HANDLER_", StringComparison.Ordinal) && !variable.StartsWith("TMPDIR=", StringComparison.Ordinal))];
        long began = Stopwatch.GetTimestamp();
        int error = Spawn(out int pid, program, 0, 0, [program, null], [.. inherited, .. environment, null]);
        int status = 0;
        if (error != 0 || WaitFor(pid, &status, 0) != pid || status != 0)
        {
            throw new InvalidOperationException($"{program}: posix_spawn {error}, wait status {status}");
        }

        return Stopwatch.GetElapsedTime(began).TotalMilliseconds;
    }

    [LibraryImport("libc", EntryPoint = "posix_spawn", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Spawn(out int pid, string path, nint fileActions, nint attributes, string?[] argv, string?[] envp);

    [LibraryImport("libc", EntryPoint = "waitpid")]
    private static partial int WaitFor(int pid, int* status, int options);
}
