using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace CrashHandler.Benchmarks.Capture;

/// <summary>A running handler with a database of its own.</summary>
internal sealed class Handler : IDisposable
{
    // What a handler logs that was started by a dying process which no other answered in time.
    private const string AnotherHandler = "no other handler answered it";

    private readonly Process _process;
    private readonly HashSet<string> _seen = [];

    /// <param name="executable">The crash-handler that ships.</param>
    /// <param name="directory">Where database and socket are made.</param>
    public Handler(string executable, string directory)
    {
        Database = Path.Combine(directory, "database");
        Socket = Path.Combine(directory, "handler.sock");
        using FileSystemWatcher watcher = new(directory);
        using ManualResetEventSlim listening = new();
        watcher.Renamed += (_, renamed) =>
        {
            if (renamed.FullPath == Socket)
            {
                listening.Set();
            }
        };
        watcher.EnableRaisingEvents = true;
        _process = Process.Start(new ProcessStartInfo(executable, ["run", "--database", Database, "--pipe", Socket, "--persistent", "--max-size", "1000000"]) { UseShellExecute = false })!;
        if (!listening.Wait(TimeSpan.FromSeconds(10)))
        {
            throw new InvalidOperationException("the handler did not listen within 10 s");
        }
    }

    public string Database { get; }

    public string Socket { get; }

    /// <summary>KiB of a line of its /proc/PID/status.</summary>
    public int Status(string name) => Sum("status", name);

    /// <summary>KiB of a line of its /proc/PID/smaps_rollup.</summary>
    public int Rollup(string name) => Sum("smaps_rollup", name);

    /// <summary>Forgets the peak of its resident memory.</summary>
    public void ResetPeak() => File.WriteAllText($"/proc/{_process.Id}/clear_refs", "5");

    /// <summary>What is wrong with the reports that came since the last call: lost, incomplete, or made by another handler because this one was too slow.</summary>
    /// <param name="count">How many must have come.</param>
    public IReadOnlyList<string> Problems(int count)
    {
        List<string> problems = [];
        int found = 0;
        foreach (string path in Directory.EnumerateFiles(Path.Combine(Database, "pending"), "*.json").Where(path => !path.EndsWith(".managed.json", StringComparison.Ordinal) && _seen.Add(path)))
        {
            using JsonDocument record = JsonDocument.Parse(File.ReadAllBytes(path));
            found++;
            string access = record.RootElement.GetProperty("access").GetString()!;
            string[] errors = [.. record.RootElement.GetProperty("softErrors").EnumerateArray().Select(error => error.GetString()!)];
            if (access != "Frozen" || errors.Length > 0)
            {
                problems.Add($"{Path.GetFileNameWithoutExtension(path)} is incomplete: {string.Join("; ", errors.Prepend(access))}");
            }
        }

        if (found != count)
        {
            problems.Add($"{found} reports of {count} deaths");
        }

        if (File.ReadLines(Path.Combine(Database, "handler.log")).Any(line => line.Contains(AnotherHandler, StringComparison.Ordinal)))
        {
            problems.Add("a process waited past its limit, and started a handler of its own");
        }

        return problems;
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    private int Sum(string file, string name) => File.ReadLines($"/proc/{_process.Id}/{file}").Where(line => line.StartsWith(name, StringComparison.Ordinal))
        .Sum(line => int.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture));
}
