using System.Diagnostics;

namespace CrashHandler.Demo;

/// <summary>The three processes that die: what an application of this shape does, and nothing else.</summary>
internal static class Victims
{
    public const string Product = "Demo Browser";
    public const string Company = "Umbrella Corporation";

    /// <summary>The main process: starts the reporter and its two children, then meets an exception nobody handles.</summary>
    public static int MainProcess(string handler, string database, string url, bool uploads)
    {
        StartResult started = CrashReporter.Start(new CrashReporterOptions
        {
            ProductName = Product,
            CompanyName = Company,
            SubmitUrl = url,
            UploadToServer = uploads,
            CrashesDirectory = database,
            HandlerPath = handler,
            Extra = new Dictionary<string, string> { ["windows_open"] = "2" },
        });
        Tell("main", started);

        // The renderer inherits the handler's address and calls Start itself; the child is only prepared.
        Run(Self("renderer", handler));
        ProcessStartInfo child = Self("child");
        CrashReporter.AttachChild(child);
        Run(child);

        throw new InvalidOperationException("the main process has met an exception nobody handles");
    }

    /// <summary>A renderer: a write to address 0 in native code.</summary>
    public static int Renderer(string handler)
    {
        StartResult started = CrashReporter.Start(new CrashReporterOptions
        {
            ProductName = Product,
            CompanyName = Company,
            ProcessType = "renderer",
            HandlerPath = handler,
            Extra = new Dictionary<string, string> { ["tab"] = "about:crash" },
        });
        Tell("renderer", started);
        CrashReporter.AddExtraParameter("last_click", "the red button");
        CrashReporter.Crash();
        return 0;
    }

    /// <summary>A child that knows nothing of the reporter.</summary>
    public static int Child()
    {
        Environment.FailFast("the child cannot go on");
        return 0;
    }

    private static void Tell(string who, StartResult started)
    {
        foreach (string reason in started.Degraded)
        {
            Console.Out.WriteLine($"degraded {who}: {reason}");
        }

        Console.Out.WriteLine($"started {who}: pid {Environment.ProcessId}, handler {started.HandlerProcessId}, {string.Join(", ", started.Hooks)}");
    }

    private static ProcessStartInfo Self(params string[] arguments)
        => new(Environment.ProcessPath!, [Environment.GetCommandLineArgs()[0], .. arguments]) { UseShellExecute = false };

    private static void Run(ProcessStartInfo start)
    {
        using Process process = Process.Start(start)!;
        process.WaitForExit();
    }
}
