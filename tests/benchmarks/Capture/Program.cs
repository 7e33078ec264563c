using System.Diagnostics;
using System.Globalization;
using CrashHandler.Benchmarks.Capture;

// From the fault to the complete minidump, beside the least that a reporter can do (native/floor.c) and beside createdump, in turn, medians.
const int Runs = 15;
const int StormSize = 50;
const int ManyThreads = 4_000;
const int GrowthCrashes = 200;
const int MaxIdleKiB = 10 * 1024, MaxDirtyKiB = 3 * 1024, MaxPeakKiB = 40 * 1024, MaxGrowthKiB = 4 * 1024;
TimeSpan limit = TimeSpan.FromSeconds(30);

if (args is ["--park", string count])
{
    return Park(int.Parse(count, CultureInfo.InvariantCulture));
}

if (args is not [string handlerPath, string shim, string parked, string floor, string createdump, .. string[] only])
{
    Console.Error.WriteLine("usage: Capture HANDLER SHIM PARKED FLOOR CREATEDUMP [ROW...]; build/bench capture [ROW...] does it for you");
    Console.Error.WriteLine("ROW: 4, 64, 512, 4000, 50x4, 50x512, dotnet; all of them if none is given");
    return 2;
}

DirectoryInfo directory = Directory.CreateTempSubdirectory("crash-handler-capture-");
bool isWithin = true;
int crashes = 0;
try
{
    // Of a file that was just built, pages count as dirty until they are on the disk.
    Run("sync", handlerPath);
    using Handler handler = new(handlerPath, directory.FullName);
    using DumpWatch watch = new(handler.Database);
    Dictionary<int, double> floors = [];
    (int idle, int dirty, int peak) = (Idle(handler), handler.Rollup("Private_Dirty:"), 0);
    (int after, int growth) = (0, 0);
    Console.WriteLine($"medians of {Runs}, ms                    ours     floor   ratio   limit");
    foreach ((int threads, double most, double least) in new[] { (4, 4.0, 2.5), (64, 2.5, 0), (512, 2.0, 0), (ManyThreads, 2.0, 0) })
    {
        if (!IsWanted($"{threads}", $"{StormSize}x{threads}"))
        {
            continue;
        }

        List<double> ours = [], floored = [];
        for (int run = 0; run <= Runs; run++)
        {
            using Victim victim = Victim.Start([parked, $"{threads}"], shim, handler.Socket);
            double alone = Floor(victim.ProcessId);
            handler.ResetPeak();
            double captured = Storm([victim], watch);
            Hear(handler, 1);
            peak = threads == ManyThreads ? Math.Max(peak, handler.Status("VmHWM:")) : peak;
            // The first of each warms the file cache.
            if (run > 0)
            {
                floored.Add(alone);
                ours.Add(captured);
            }
        }

        floors[threads] = Median(floored);
        Report($"{threads} parked threads", Median(ours), floors[threads], most, least);
    }

    foreach ((int threads, double most, double least) in new[] { (4, 100.0, 60.0), (512, 75.0, 0) })
    {
        if (!IsWanted($"{StormSize}x{threads}"))
        {
            continue;
        }

        List<double> ours = [];
        for (int run = 0; run <= Runs; run++)
        {
            if (after == 0 && crashes >= GrowthCrashes)
            {
                (after, growth) = (crashes, Idle(handler) - idle);
            }

            List<Victim> victims = [.. Enumerable.Range(0, StormSize).Select(_ => Victim.Start([parked, $"{threads}"], shim, handler.Socket))];
            double storm = Storm(victims, watch);
            victims.ForEach(victim => victim.Dispose());
            Hear(handler, victims.Count);
            if (run > 0)
            {
                ours.Add(storm);
            }
        }

        Report($"{StormSize} processes with {threads} at once", Median(ours), floors[threads], most, least);
    }

    List<double> managed = [], theirs = [];
    for (int run = 0; run <= Runs && IsWanted("dotnet"); run++)
    {
        using Victim victim = Victim.Start([Environment.ProcessPath!, .. Assembly(), "--park", "16"], shim, handler.Socket);
        double other = CreateDump(victim.ProcessId);
        double captured = Storm([victim], watch);
        if (run > 0)
        {
            theirs.Add(other);
            managed.Add(captured);
        }
    }

    if (managed.Count > 0)
    {
        Console.WriteLine($"{".NET, 16 parked threads",-28} {Median(managed),10:0.00} {Median(theirs),9:0.00} {Median(managed) / Median(theirs),7:0.00}           createdump --normal");
    }

    Console.WriteLine();
    Hold("handler, idle", idle, MaxIdleKiB);
    Hold("of it private and dirty", dirty, MaxDirtyKiB);
    Hold($"above that, while it dumps {ManyThreads} threads", peak - idle, MaxPeakKiB);
    if (after == 0)
    {
        (after, growth) = (crashes, Idle(handler) - idle);
    }

    Hold($"above that, idle after {after} crashes", growth, MaxGrowthKiB);
}
finally
{
    directory.Delete(recursive: true);
}

return isWithin ? 0 : 1;

bool IsWanted(params string[] rows) => only.Length == 0 || rows.Any(only.Contains);

void Report(string what, double ours, double least, double mostRatio, double orMilliseconds)
{
    bool holds = ours <= Math.Max(mostRatio * least, orMilliseconds);
    isWithin &= holds;
    Console.WriteLine($"{what,-28} {ours,10:0.00} {least,9:0.00} {ours / least,7:0.00} {mostRatio,7:0.0}{(orMilliseconds > 0 ? $" or {orMilliseconds} ms" : "")}{(holds ? "" : "  ABOVE")}");
}

void Hold(string what, int kibibytes, int most)
{
    isWithin &= kibibytes <= most;
    Console.WriteLine($"{what,-46} {kibibytes,7} KiB (at most {most}){(kibibytes > most ? "  ABOVE" : "")}");
}

// None lost, none incomplete, no process past its limit.
void Hear(Handler handler, int deaths)
{
    foreach (string problem in handler.Problems(deaths))
    {
        isWithin = false;
        Console.WriteLine($"NOT WHOLE: {problem}");
    }
}

// Idle is some seconds later: the handler gives back what it needed when nothing came for a while, and its capture threads end.
int Idle(Handler handler)
{
    Thread.Sleep(TimeSpan.FromSeconds(3));
    return handler.Status("VmRSS:");
}

double Storm(List<Victim> victims, DumpWatch watch)
{
    crashes += victims.Count;
    victims.ForEach(victim => victim.Go());
    long last = watch.WaitFor(victims.Count, limit);
    long first = victims.Min(victim => victim.FaultTime());
    victims.ForEach(victim => victim.End());
    return (last - first) / 1e6;
}

double Floor(int pid)
{
    string said = Run(floor, $"{pid}", Path.Combine(directory.FullName, "floor.out"));
    return long.Parse(said.Split(' ')[0], CultureInfo.InvariantCulture) / 1e6;
}

double CreateDump(int pid)
{
    string file = Path.Combine(directory.FullName, "createdump.core");
    long began = Stopwatch.GetTimestamp();
    Run(createdump, "--normal", "--name", file, $"{pid}");
    double elapsed = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
    File.Delete(file);
    return elapsed;
}

static string Run(string program, params string[] arguments)
{
    using Process process = Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
    string said = process.StandardOutput.ReadToEnd();
    process.WaitForExit();
    return process.ExitCode == 0 ? said : throw new InvalidOperationException($"{program}: exit {process.ExitCode}, {said}{process.StandardError.ReadToEnd()}");
}

static string[] Assembly() => Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? [typeof(Victim).Assembly.Location] : [];

// A .NET process whose threads are parked in managed code, which faults in native code like the other one.
static unsafe int Park(int threads)
{
    using CountdownEvent parked = new(threads);
    for (int i = 0; i < threads; i++)
    {
        new Thread(() =>
        {
            parked.Signal();
            Thread.Sleep(Timeout.Infinite);
        })
        { IsBackground = true, Name = $"worker {i}" }.Start();
    }

    parked.Wait();
    Console.WriteLine("ready");
    Console.ReadLine();
    Console.WriteLine($"fault {DumpWatch.Now()}");
    // A jump to nowhere: no handler of the runtime makes an exception of it.
    ((delegate* unmanaged<void>)16)();
    return 0;
}

static double Median(List<double> values)
{
    List<double> sorted = [.. values.Order()];
    return sorted[sorted.Count / 2];
}
