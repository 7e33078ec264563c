using System.Diagnostics;

namespace CrashHandler.Benchmarks.Start;

/// <summary>A handler that is there before a process attaches to it.</summary>
internal sealed class RunningHandler : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(10);

    private readonly Process _process;

    private RunningHandler(Process process, string socket) => (_process, Socket) = (process, socket);

    /// <summary>Its address.</summary>
    public string Socket { get; }

    /// <summary>Starts one and waits until it listens.</summary>
    public static RunningHandler Start(string handler, string database, string socket)
    {
        Process process = Process.Start(new ProcessStartInfo(handler, ["run", "--database", database, "--url", "https://your-domain.com/url-to-submit", "--pipe", socket, "--persistent"]) { UseShellExecute = false })!;
        Until(() => File.Exists(socket), "the handler did not listen");
        return new RunningHandler(process, socket);
    }

    /// <summary>Ends the one handler that serves a database below <paramref name="directory"/>, and waits for its end.</summary>
    public static void End(string handler, string directory)
    {
        foreach (string entry in Directory.EnumerateDirectories("/proc").Where(entry => int.TryParse(Path.GetFileName(entry), out _)))
        {
            if (CommandLine(entry) is [string program, ..] line && program == handler && line.Any(argument => argument.StartsWith(directory, StringComparison.Ordinal)))
            {
                using Process process = Process.GetProcessById(int.Parse(Path.GetFileName(entry)));
                process.Kill();
                Until(() => !Directory.Exists(entry), "the handler did not end");
                return;
            }
        }

        throw new InvalidOperationException($"no handler serves {directory}");
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    // A process that ended meanwhile has none.
    private static string[] CommandLine(string entry)
    {
        try
        {
            return File.ReadAllText($"{entry}/cmdline").Split('\0');
        }
        catch (IOException)
        {
            return [];
        }
    }

    private static void Until(Func<bool> isSo, string orElse)
    {
        if (!SpinWait.SpinUntil(isSo, s_limit))
        {
            throw new InvalidOperationException($"{orElse} within {s_limit.TotalSeconds} s");
        }
    }
}
