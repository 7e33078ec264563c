using CrashHandler.Benchmarks.Overhead;
using CrashHandler.Benchmarks.Start;

// What the client costs a healthy process: user and system time with it and without, in turn, and without it twice, which shows what this machine's noise is worth. The handler's own
// time is its own: it is another process, which sleeps meanwhile.
const int Rounds = 15;
const double MaxRatio = 1.03;

if (args is not [string handler, string healthy])
{
    Console.Error.WriteLine("usage: Overhead HANDLER HEALTHY; build/bench overhead does it for you");
    return 2;
}

DirectoryInfo directory = Directory.CreateTempSubdirectory("crash-handler-overhead-");
try
{
    List<Sample> without = [], with = [], again = [];
    for (int round = -1; round < Rounds; round++)
    {
        // The order changes, so that no place in it is one's own; the first round warms the file cache.
        foreach (int place in Enumerable.Range(0, 3).Select(turn => (turn + Math.Max(round, 0)) % 3))
        {
            Sample sample = MeasuredProcess.Run(healthy, place == 1 ? "with" : "without", directory.FullName);
            if (place == 1)
            {
                // Its handler stays for a while: it is ended here, so that each run launches its own, and none is measured beside one.
                RunningHandler.End(handler, directory.FullName);
            }

            if (round >= 0)
            {
                (place switch { 0 => without, 1 => with, _ => again }).Add(sample);
            }
        }
    }

    Console.WriteLine($"medians of {Rounds} pairs, user + system time, ms    without      with   ratio   limit   without against without");
    bool isWithin = Report("100,000 caught NullReferenceExceptions", sample => sample.Caught);
    isWithin &= Report("two threads that allocate", sample => sample.Collected);
    isWithin &= Report("the whole process, Start included", sample => sample.Whole);
    return isWithin ? 0 : 1;

    bool Report(string what, Func<Sample, double> time)
    {
        double ratio = Median(without.Zip(with, (one, other) => time(other) / time(one)));
        double noise = Median(without.Zip(again, (one, other) => time(other) / time(one)));
        Console.WriteLine($"{what,-46} {Median(without.Select(time)),9:0} {Median(with.Select(time)),9:0} {ratio,7:0.000} {MaxRatio,7:0.00}   {noise:0.000}{(ratio > MaxRatio ? "  ABOVE" : "")}");
        return ratio <= MaxRatio;
    }
}
finally
{
    directory.Delete(recursive: true);
}

static double Median(IEnumerable<double> values)
{
    List<double> sorted = [.. values.Order()];
    return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
}
