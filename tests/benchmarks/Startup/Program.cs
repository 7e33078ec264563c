using System.Diagnostics;
using CrashHandler;

// Handler start to ready against an empty program's whole life, in turn, medians; then what an idle handler with one client holds.
const int Runs = 21;
const double MaxRatio = 4;
const int MaxResidentKiB = 12 * 1024;

if (args is not [string handler, string empty])
{
    Console.Error.WriteLine("usage: Startup HANDLER EMPTY; build/bench does it for you");
    return 2;
}

DirectoryInfo directory = Directory.CreateTempSubdirectory("crash-handler-bench-");
List<double> emptyTimes = [];
List<double> readyTimes = [];
for (int i = 0; i <= Runs; i++)
{
    double emptyTime = TimeEmpty();
    double readyTime = TimeReady(i);
    // The first of each warms the file cache.
    if (i > 0)
    {
        emptyTimes.Add(emptyTime);
        readyTimes.Add(readyTime);
    }
}

double ratio = Median(readyTimes) / Median(emptyTimes);
Console.WriteLine($"empty NativeAOT program, start to end   median {Median(emptyTimes):0.00} ms of {Runs}");
Console.WriteLine($"handler, start to ready                 median {Median(readyTimes):0.00} ms of {Runs}");
Console.WriteLine($"ratio                                   {ratio:0.00} (at most {MaxRatio:0})");

StartResult started = CrashReporter.Start(new CrashReporterOptions
{
    CompanyName = "",
    ProductName = "Bench",
    UploadToServer = false,
    CrashesDirectory = Path.Combine(directory.FullName, "idle"),
    HandlerPath = handler,
    Extra = new Dictionary<string, string> { ["key"] = "value" },
});
if (!started.IsRunning)
{
    Console.Error.WriteLine($"the handler did not start: {string.Join("; ", started.Degraded)}");
    return 1;
}

// Idle is a second later: the handler gives back what only the start needed when nothing came for 200 ms.
Console.WriteLine($"handler, right after a registration     {Field($"/proc/{started.HandlerProcessId}/status", "VmRSS:")} KiB resident");
Thread.Sleep(TimeSpan.FromSeconds(1));
int resident = Field($"/proc/{started.HandlerProcessId}/status", "VmRSS:");
int anonymous = Field($"/proc/{started.HandlerProcessId}/status", "RssAnon:");
Console.WriteLine($"handler, idle after a registration      {resident} KiB resident (at most {MaxResidentKiB}), {anonymous} KiB of it anonymous");
using (Process process = Process.GetProcessById(started.HandlerProcessId))
{
    process.Kill();
}

directory.Delete(recursive: true);
return ratio <= MaxRatio && resident <= MaxResidentKiB ? 0 : 1;

double TimeEmpty()
{
    long began = Stopwatch.GetTimestamp();
    using Process process = Process.Start(new ProcessStartInfo(empty) { UseShellExecute = false })!;
    process.WaitForExit();
    return Stopwatch.GetElapsedTime(began).TotalMilliseconds;
}

double TimeReady(int run)
{
    string pipe = Path.Combine(directory.FullName, $"{run}.sock");
    // The socket's file is the handler's own sign that it listens; the launcher's ready line is written right after it.
    using FileSystemWatcher watcher = new(directory.FullName);
    using ManualResetEventSlim listening = new();
    watcher.Renamed += (_, renamed) =>
    {
        if (renamed.FullPath == pipe)
        {
            listening.Set();
        }
    };
    watcher.EnableRaisingEvents = true;
    long began = Stopwatch.GetTimestamp();
    using Process process = Process.Start(new ProcessStartInfo(handler, ["run", "--database", Path.Combine(directory.FullName, $"{run}"), "--pipe", pipe]) { UseShellExecute = false })!;
    bool isReady = listening.Wait(TimeSpan.FromSeconds(10));
    double elapsed = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
    process.Kill();
    process.WaitForExit();
    return isReady ? elapsed : throw new InvalidOperationException("the handler did not listen within 10 s");
}

static int Field(string path, string name)
    => int.Parse(File.ReadLines(path).First(line => line.StartsWith(name, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]);

static double Median(List<double> values)
{
    List<double> sorted = [.. values.Order()];
    return sorted[sorted.Count / 2];
}
