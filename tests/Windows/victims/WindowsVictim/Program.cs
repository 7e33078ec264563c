using System.Diagnostics;
using CrashHandler;
using CrashHandler.Victims.Windows;

// windows-victim KIND [--directory DIR] [--url URL] [--ignore] [--hold] [--child KIND] [--all-children KIND], and Wishes
// Starts the crash reporter, says how that went and who it is, and dies as KIND says; with --child a child of its own kind dies first, with --hold a line is waited for.
// windows-victim unmodified KIND [--hold] [ARGUMENT...]: knows nothing of the crash reporter, and says who it is and what it was told. With --all-children a child of that kind dies first.
// windows-victim run PROGRAM [ARGUMENT...]: says how a program ends, by all 32 bits of its exit code, of which Wine passes on eight.
if (args is ["unmodified", ..])
{
    return Unmodified.Run(args[1..]);
}

if (args is ["run", string program, .. string[] rest])
{
    using Process run = Process.Start(new ProcessStartInfo(program, rest) { UseShellExecute = false })!;
    Say($"started {run.Id}");
    run.WaitForExit();
    Say($"ended with {(uint)run.ExitCode:x8}");
    return 0;
}

string kind = args[0];
string? Option(string name) => Array.IndexOf(args, name) is var index and >= 0 ? args[index + 1] : null;

CrashReporterOptions options = new()
{
    CompanyName = "Umbrella Corporation",
    ProductName = "Zombies",
    CrashesDirectory = Option("--directory"),
    SubmitUrl = Option("--url"),
    UploadToServer = Option("--url") is null && Option("--child-of") is null ? false : null,
    IgnoreSystemCrashHandler = args.Contains("--ignore"),
    CaptureAllChildren = Option("--all-children") is not null,
};
options.Extra["kind"] = kind;
Wishes.Set(options, args);
StartResult result = CrashReporter.Start(options);
Say($"running {result.IsRunning} handler {result.HandlerProcessId} hooks {string.Join(", ", result.Hooks)}");
foreach (string problem in result.Degraded.Concat(result.Ignored).Append(result.Unsupported ?? ""))
{
    if (problem.Length > 0)
    {
        Say($"problem {problem}");
    }
}

CrashReporter.AddExtraParameter("added", "later");
Say($"pid {Environment.ProcessId} tid {NativeVictim.GetCurrentThreadId()} pipe {Environment.GetEnvironmentVariable("CRASH_HANDLER_PIPE")}");
Wishes.Make(args, Say);
if (Option("--child") is { } child)
{
    ProcessStartInfo start = new(Environment.ProcessPath!, [child, "--child-of", $"{Environment.ProcessId}", .. args.Contains("--ignore") ? (string[])["--ignore"] : []]) { UseShellExecute = false };
    CrashReporter.AttachChild(start);
    using Process process = Process.Start(start)!;
    process.WaitForExit();
    Say($"child {process.Id} ended with {(uint)process.ExitCode:x}");
}

if (Option("--all-children") is { } unprepared)
{
    using Process process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["unmodified", unprepared]) { UseShellExecute = false })!;
    process.WaitForExit();
    Say($"child {process.Id} ended with {(uint)process.ExitCode:x}");
}

if (args.Contains("--hold"))
{
    Say("holding");
    Console.In.ReadLine();
}

Deaths.Die(kind);
Say("goes on");
return 0;

static void Say(string text)
{
    Console.Out.WriteLine(text);
    Console.Out.Flush();
}
