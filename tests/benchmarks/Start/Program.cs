using CrashHandler.Benchmarks.Start;

// What CrashReporter.Start costs a cold process: whole processes, from posix_spawn to their end, beside one whose Main is empty, in turn, medians.
const int Runs = 20;
const int WarmUps = 3;
const double MaxMainRatio = 2.5, MaxChildRatio = 1.75;

if (args is not [string handler, string nothing, string first])
{
    Console.Error.WriteLine("usage: Start HANDLER NOTHING FIRST; build/bench start does it for you");
    return 2;
}

DirectoryInfo directory = Directory.CreateTempSubdirectory("crash-handler-start-");
try
{
    // The main process's handler serves the default directory below TMPDIR; the children's serves another.
    string mains = directory.CreateSubdirectory("mains").FullName;
    using RunningHandler inherited = RunningHandler.Start(handler, Path.Combine(directory.FullName, "inherited"), Path.Combine(directory.FullName, "inherited.sock"));
    List<double> nothings = [], firsts = [], children = [];
    for (int run = -WarmUps; run < Runs; run++)
    {
        double empty = ColdProcess.Time(nothing, $"TMPDIR={mains}");
        double main = ColdProcess.Time(first, $"TMPDIR={mains}");
        // Its handler stays for the next process of this application: it is ended here, so that each one launches its own.
        RunningHandler.End(handler, mains);
        double child = ColdProcess.Time(first, $"TMPDIR={mains}", $"CRASH_HANDLER_PIPE={inherited.Socket}");
        if (run >= 0)
        {
            nothings.Add(empty);
            firsts.Add(main);
            children.Add(child);
        }
    }

    Console.WriteLine($"medians of {Runs}, ms                         whole process   ratio   limit");
    Console.WriteLine($"empty Main                               {Median(nothings),13:0.00}");
    bool isWithin = Report("Start first thing, launches a handler", Median(firsts), MaxMainRatio);
    isWithin &= Report("Start first thing, attaches to a handler", Median(children), MaxChildRatio);
    return isWithin ? 0 : 1;

    bool Report(string what, double time, double most)
    {
        double ratio = time / Median(nothings);
        Console.WriteLine($"{what,-40} {time,13:0.00} {ratio,7:0.00} {most,7:0.00}{(ratio > most ? "  ABOVE" : "")}");
        return ratio <= most;
    }
}
finally
{
    directory.Delete(recursive: true);
}

static double Median(List<double> values)
{
    List<double> sorted = [.. values.Order()];
    return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
}
