using System.Diagnostics;
using System.Globalization;
using CrashHandler.Benchmarks.Capture;

// What the walk adds to a capture: from the fault to the end of the process that died, with the walk and without it, in turn, medians; beside createdump on the
// same process, which writes its managed stacks too, and nothing else, with --crashreportonly.
const int Runs = 15;
const int Depth = 8;

if (args is ["--park", string count])
{
    return Park(int.Parse(count, CultureInfo.InvariantCulture));
}

if (args is not [string handlerPath, string shim, string createdump])
{
    Console.Error.WriteLine("usage: Walk HANDLER SHIM CREATEDUMP; build/bench walk does it for you");
    return 2;
}

DirectoryInfo directory = Directory.CreateTempSubdirectory("crash-handler-walk-");
bool isWithin = true;
try
{
    // The handler as it ships, and a copy that has no walk beside it.
    string alone = directory.CreateSubdirectory("alone").FullName;
    foreach (string file in Directory.EnumerateFiles(Path.GetDirectoryName(handlerPath)!).Where(file => !file.EndsWith("-walk", StringComparison.Ordinal)))
    {
        File.Copy(file, Path.Combine(alone, Path.GetFileName(file)));
    }

    using Handler walking = new(handlerPath, directory.CreateSubdirectory("walking").FullName);
    using Handler bare = new(Path.Combine(alone, Path.GetFileName(handlerPath)), alone);
    Console.WriteLine($"medians of {Runs}, ms               without      with     added  createdump   ratio   limit");
    foreach ((int threads, double most) in new[] { (4, 0.15), (1_000, 0.5) })
    {
        List<double> with = [], without = [], theirs = [];
        for (int run = 0; run <= Runs; run++)
        {
            // Both are there while createdump runs: a process that has only just started dies more slowly.
            using Victim first = Victim.Start([Environment.ProcessPath!, "--park", $"{threads}"], shim, walking.Socket);
            using Victim second = Victim.Start([Environment.ProcessPath!, "--park", $"{threads}"], shim, bare.Socket);
            double other = CreateDump(first.ProcessId);
            double walked = Crash(first);
            double unwalked = Crash(second);
            // The first of each warms the file cache.
            if (run > 0)
            {
                theirs.Add(other);
                with.Add(walked);
                without.Add(unwalked);
            }
        }

        RequireManagedStacks(walking, threads);
        double added = Median(with) - Median(without);
        double ratio = added / Median(theirs);
        isWithin &= ratio <= most;
        Console.WriteLine($"{$"{threads} managed threads",-26} {Median(without),10:0.00} {Median(with),9:0.00} {added,9:0.00} {Median(theirs),11:0.00} {ratio,7:0.00} {most,7:0.00}{(ratio > most ? "  ABOVE" : "")}");
    }
}
finally
{
    directory.Delete(recursive: true);
}

return isWithin ? 0 : 1;

static double Crash(Victim victim)
{
    victim.Go();
    long fault = victim.FaultTime();
    victim.End();
    return (Now() - fault) / 1e6;
}

// A walk that finds nothing would be fast.
void RequireManagedStacks(Handler handler, int threads)
{
    string newest = new DirectoryInfo(handler.Database).EnumerateFiles("*.managed.json", SearchOption.AllDirectories).OrderBy(file => file.LastWriteTimeUtc)
        .LastOrDefault()?.FullName ?? throw new InvalidOperationException("no report has managed stacks");
    int found = File.ReadAllText(newest).Split("Park.Wait(").Length - 1;
    if (found < threads)
    {
        throw new InvalidOperationException($"{newest} has {found} of {threads} managed stacks");
    }
}

double CreateDump(int pid)
{
    string file = Path.Combine(directory.FullName, "createdump.core");
    ProcessStartInfo start = new(createdump, ["--crashreportonly", "--name", file, $"{pid}"]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
    long began = Stopwatch.GetTimestamp();
    using Process process = Process.Start(start)!;
    Task<string> errors = process.StandardError.ReadToEndAsync();
    string said = process.StandardOutput.ReadToEnd();
    process.WaitForExit();
    double elapsed = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
    foreach (string left in Directory.EnumerateFiles(directory.FullName, "createdump.core*"))
    {
        File.Delete(left);
    }

    return process.ExitCode == 0 ? elapsed : throw new InvalidOperationException($"{createdump}: exit {process.ExitCode}, {said}{errors.Result}");
}

// Threads that wait in managed code, a few frames deep, and a fault in native code.
static unsafe int Park(int threads)
{
    using CountdownEvent parked = new(threads);
    for (int i = 0; i < threads; i++)
    {
        new Thread(() => CrashHandler.Benchmarks.Walk.Park.Wait(Depth, parked)) { IsBackground = true, Name = $"worker {i}" }.Start();
    }

    parked.Wait();
    Console.WriteLine("ready");
    Console.ReadLine();
    Console.WriteLine($"fault {Now()}");
    // A jump to nowhere: no handler of the runtime makes an exception of it.
    ((delegate* unmanaged<void>)16)();
    return 0;
}

static long Now() => Stopwatch.GetTimestamp() * (1_000_000_000 / Stopwatch.Frequency);

static double Median(List<double> values)
{
    List<double> sorted = [.. values.Order()];
    return sorted[sorted.Count / 2];
}
