using System.Diagnostics;
using System.Text.Json;

namespace CrashHandler.Demo;

/// <summary>Runs the whole job against a collector, checks every part of it, and tells it to whoever watches.</summary>
internal static class Stage
{
    // Uploads keep one second from each other; the rest is for slow machines.
    private static readonly TimeSpan s_arrivalLimit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan s_playLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(50);

    public static int Run(string[] options)
    {
        string artifacts = options[Array.IndexOf(options, "--artifacts") + 1];
        bool uploads = !options.Contains("--no-upload");
        DirectoryInfo directory = Directory.CreateTempSubdirectory("crash-handler-demo-");
        Tool tool = new(Path.Combine(artifacts, "crash-handler"));
        string database = Path.Combine(directory.FullName, "Demo Crashes");
        string store = Path.Combine(directory.FullName, "collected");
        using Process collector = tool.Start("collect", "--listen", "127.0.0.1:0", "--store", store);
        try
        {
            string url = collector.StandardOutput.ReadLine() is { } line && line.Split(' ') is [.., string last] && last.StartsWith("http", StringComparison.Ordinal)
                ? last : throw new StageException($"the collector did not start: {collector.StandardError.ReadToEnd().Trim()}");
            Console.WriteLine($"A collector listens on {url}.\n");
            Play(Path.Combine(artifacts, "crash-handler"), database, url, uploads);
            Dictionary<string, JsonElement> reports = Await(tool, database, uploads);
            foreach (Expectation expectation in Expectation.All)
            {
                Tell(tool, database, store, expectation, reports[expectation.ProcessType]);
            }

            Console.WriteLine($"Three deaths, three reports, three uploads. Look around:\n  {artifacts}/crash-handler reports list --database '{database}'");
            return 0;
        }
        catch (StageException wrong)
        {
            Console.Error.WriteLine($"demo: {wrong.Message}");
            return 1;
        }
        finally
        {
            collector.Kill();
            collector.WaitForExit();
            EndHandler(tool, database);
        }
    }

    /// <summary>Runs the main process, which runs the others; all die.</summary>
    private static void Play(string handler, string database, string url, bool uploads)
    {
        ProcessStartInfo start = new(Environment.ProcessPath!, [Environment.GetCommandLineArgs()[0], "main", handler, database, url, uploads ? "on" : "off"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.Environment.Remove("CRASH_HANDLER_PIPE");
        start.Environment.Remove("CRASH_HANDLER_PATH");
        using Process main = Process.Start(start)!;
        Task<string> error = main.StandardError.ReadToEndAsync();
        Task<string> output = main.StandardOutput.ReadToEndAsync();
        if (!main.WaitForExit(s_playLimit))
        {
            main.Kill(entireProcessTree: true);
            throw new StageException($"the main process did not end within {s_playLimit.TotalSeconds:0} s");
        }

        foreach (string line in output.Result.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            Console.WriteLine($"  {line}");
        }

        Console.WriteLine();
        if (output.Result.Split('\n').FirstOrDefault(line => line.StartsWith("degraded ", StringComparison.Ordinal)) is { } degraded)
        {
            throw new StageException(degraded);
        }

        if (!error.Result.Contains("nobody handles", StringComparison.Ordinal))
        {
            throw new StageException($"the main process ended with {main.ExitCode} and without its exception: {error.Result.Trim()}");
        }
    }

    /// <summary>Waits until every report is uploaded.</summary>
    private static Dictionary<string, JsonElement> Await(Tool tool, string database, bool uploads)
    {
        Stopwatch waited = Stopwatch.StartNew();
        while (true)
        {
            List<JsonElement> reports = [.. tool.Json("reports", "list", "--database", database).EnumerateArray()];
            Dictionary<string, List<JsonElement>> byType = reports.GroupBy(report => report.GetProperty("processType").GetString()!)
                .ToDictionary(type => type.Key, type => type.ToList());
            string? missing = Expectation.All.Select(expectation => expectation.ProcessType).FirstOrDefault(type => !byType.ContainsKey(type));
            string? waiting = reports.Where(report => !report.GetProperty("uploaded").GetBoolean())
                .Select(report => $"the {report.GetProperty("processType")}'s report is {report.GetProperty("state")}").FirstOrDefault();
            if (missing is null && waiting is null)
            {
                return reports.Count == Expectation.All.Count ? byType.ToDictionary(type => type.Key, type => type.Value[0])
                    : throw new StageException($"there are {reports.Count} reports instead of {Expectation.All.Count}");
            }

            // The processes are dead, so every report is filed: only uploads are worth waiting for.
            if (missing is not null || !uploads || waited.Elapsed > s_arrivalLimit)
            {
                throw new StageException(missing is not null ? $"there is no report of the {missing}" : $"{waiting}, and did not arrive at the collector");
            }

            Thread.Sleep(s_look);
        }
    }

    private static void Tell(Tool tool, string database, string store, Expectation expectation, JsonElement report)
    {
        string reason = report.GetProperty("reason").GetString()!;
        if (reason != expectation.Reason)
        {
            throw new StageException($"the {expectation.ProcessType} died of '{reason}' instead of '{expectation.Reason}'");
        }

        string serverId = report.GetProperty("serverId").GetString() ?? "";
        string arrived = Path.Combine(store, serverId + ".json");
        if (serverId.Length == 0 || !File.Exists(arrived))
        {
            throw new StageException($"the {expectation.ProcessType}'s report says it is uploaded as '{serverId}', and the collector has no such report");
        }

        Dictionary<string, string> form = [];
        using (JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(arrived)))
        {
            foreach (JsonProperty field in document.RootElement.GetProperty("fields").EnumerateObject())
            {
                form[field.Name] = field.Value.GetString()!;
            }
        }

        expectation.Check(form);
        string id = report.GetProperty("id").GetString()!;
        if (!File.ReadAllBytes(Path.Combine(store, serverId + ".dmp")).AsSpan().SequenceEqual(ReadDump(report.GetProperty("dump").GetString()!)))
        {
            throw new StageException($"the dump of the {expectation.ProcessType} at the collector is not the one in the database");
        }

        JsonElement shown = tool.Json("reports", "show", id, "--database", database);
        JsonElement crashed = shown.GetProperty("threads").EnumerateArray().First(thread => thread.GetProperty("crashed").GetBoolean());
        Console.WriteLine($"The {expectation.ProcessType} (pid {report.GetProperty("pid")}) {expectation.Story}.");
        Console.WriteLine($"    reason    {reason} at {report.GetProperty("address").GetString()}");
        Console.WriteLine($"    thread    {crashed.GetProperty("id")} '{crashed.GetProperty("name").GetString()}' of {shown.GetProperty("threads").GetArrayLength()}, in {Path.GetFileName(crashed.GetProperty("module").GetString() ?? "(no module)")}");
        Console.WriteLine($"    modules   {shown.GetProperty("modules").GetArrayLength()}");
        Console.WriteLine($"    sent with {string.Join(", ", form.Keys.Order(StringComparer.Ordinal))}");
        Console.WriteLine($"    report    {id}, the collector calls it {serverId}");
        Console.WriteLine();
    }

    private static void EndHandler(Tool tool, string database)
    {
        if (!Directory.Exists(database))
        {
            return;
        }

        foreach (JsonElement handler in tool.Json("status", "--database", database).EnumerateArray().Where(status => status.GetProperty("running").GetBoolean()))
        {
            using Process process = Process.GetProcessById(handler.GetProperty("handlerPid").GetInt32());
            process.Kill();
        }
    }

    // A report that is just marked as uploaded is moved in the next moment.
    private static byte[] ReadDump(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (FileNotFoundException)
        {
            return File.ReadAllBytes(path.Replace("/pending/", "/completed/", StringComparison.Ordinal));
        }
    }
}
