using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using CrashHandler.Handler.Reports;
using CrashHandler.Tests.Reports;
using Xunit;

namespace CrashHandler.Tests.EndToEnd;

/// <summary>Ten thousand reports wait: the handler starts as fast as ever, stays small, and lists them at once. Alone: a thousand threads of another test would be in the figures.</summary>
[Collection(nameof(ManyReportsTests))]
[CollectionDefinition(nameof(ManyReportsTests), DisableParallelization = true)]
public sealed class ManyReportsTests(ITestOutputHelper output)
{
    private const int Reports = 10_000;
    private const int Rounds = 9;
    private const double MaxStartRatio = 3;
    private const int MaxResidentKilobytes = 30 * 1024;

    // Of what reading and parsing the same files one after the other takes in this process: a busy machine makes both slow. Three is usual.
    private const double MaxListRatio = 5;

    // Likewise: most records are not even opened.
    private const double MaxStatusRatio = 2;

    [Fact]
    public void TheyCostLittle()
    {
        using Sandbox sandbox = new(Identities.Own);
        string empty = sandbox.PathOf("empty");
        ReportDatabase.Create(empty);
        Fill(sandbox.Database);

        (double emptyStart, double fullStart) = (0, 0);
        List<double> ratios = [];
        for (int round = 0; round < Rounds; round++)
        {
            emptyStart = TimeStart(sandbox, empty);
            fullStart = TimeStart(sandbox, sandbox.Database);
            ratios.Add(fullStart / emptyStart);
        }

        _ = TimePlainReading(sandbox.Database);
        List<(double Plain, double List, double Status)> looks = [.. Enumerable.Range(0, Rounds).Select(_ => (TimePlainReading(sandbox.Database), TimeList(sandbox), TimeStatus(sandbox)))];
        double list = Median(looks, round => round.List / round.Plain);
        double status = Median(looks, round => round.Status / round.Plain);
        (int resident, int peak) = MeasureUploader(sandbox);

        output.WriteLine($"{Reports} pending reports: start to ready {Median(ratios, ratio => ratio):0.00} times that of an empty database (last: {fullStart:0.0} and {emptyStart:0.0} ms); "
            + $"reading and parsing their records {Median(looks, round => round.Plain):0} ms; reports list {list:0.00} times that ({Median(looks, round => round.List):0} ms); "
            + $"status {status:0.00} times ({Median(looks, round => round.Status):0} ms); resident while it uploads {resident / 1024.0:0.0} MB, at most {peak / 1024.0:0.0} MB");
        Assert.InRange(Median(ratios, ratio => ratio), 0, MaxStartRatio);
        Assert.InRange(list, 0, MaxListRatio);
        Assert.InRange(status, 0, MaxStatusRatio);
        Assert.InRange(peak, 1, MaxResidentKilobytes);
    }

    // As a handler files them, but without waiting for the disk ten thousand times.
    private static void Fill(string path)
    {
        ReportDatabase.Create(path);
        for (int i = 0; i < Reports; i++)
        {
            ReportRecord record = TestDatabase.Record(Guid.NewGuid()) with
            {
                Created = DateTimeOffset.UtcNow.AddMinutes(i - Reports),
                Parameters = Enumerable.Range(0, 12).ToDictionary(parameter => $"parameter {parameter}", parameter => $"a value of the usual length, {parameter}"),
            };
            File.WriteAllBytes(Path.Combine(path, "pending", $"{record.Id}.json"), JsonSerializer.SerializeToUtf8Bytes(record, ReportsJson.Default.ReportRecord));
            File.WriteAllBytes(Path.Combine(path, "pending", $"{record.Id}.dmp"), TestDatabase.Dump);
        }
    }

    private static double TimeStart(Sandbox sandbox, string database)
    {
        long began = Stopwatch.GetTimestamp();
        RunningProcess handler = sandbox.Start(TestPrograms.Shared.Handler, "run", "--database", database, "--ready-fd", "1");
        Assert.StartsWith("ready ", handler.ReadLine());
        double milliseconds = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        sandbox.Kill(handler.Pid);
        return milliseconds;
    }

    private static double TimeList(Sandbox sandbox)
    {
        long began = Stopwatch.GetTimestamp();
        ProcessResult listed = sandbox.Handler("reports", "list", "--database", sandbox.Database);
        double milliseconds = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        Assert.Equal(Reports + 1, listed.Output.Count(c => c == '\n'));
        return milliseconds;
    }

    private static double TimePlainReading(string database)
    {
        long began = Stopwatch.GetTimestamp();
        int pending = 0;
        foreach (string path in Directory.EnumerateFiles(Path.Combine(database, "pending"), "*.json"))
        {
            using JsonDocument record = JsonDocument.Parse(File.ReadAllBytes(path));
            pending += record.RootElement.GetProperty("state").ValueEquals("pending") ? 1 : 0;
        }

        double milliseconds = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        Assert.Equal(Reports, pending);
        return milliseconds;
    }

    private static double TimeStatus(Sandbox sandbox)
    {
        long began = Stopwatch.GetTimestamp();
        ProcessResult status = sandbox.Handler("status", "--database", sandbox.Database);
        double milliseconds = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        Assert.Contains($"{Reports} pending", status.Output, StringComparison.Ordinal);
        return milliseconds;
    }

    /// <summary>Resident memory of a handler that has looked at all of them and sends them, now and at most, in kilobytes.</summary>
    private static (int Resident, int Peak) MeasureUploader(Sandbox sandbox)
    {
        Collector collector = sandbox.StartCollector();
        RunningProcess handler = sandbox.Start(TestPrograms.Shared.Handler, "run", "--database", sandbox.Database, "--url", collector.Url, "--persistent");
        collector.WaitFor(3);
        Assert.Equal(Reports, sandbox.HandlerStatus().GetProperty("reports").EnumerateObject().Sum(state => state.Value.GetInt32()));
        string[] status = File.ReadAllLines($"/proc/{handler.Pid}/status");
        return (Field("VmRSS:"), Field("VmHWM:"));

        int Field(string name) => int.Parse(status.Single(line => line.StartsWith(name, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture);
    }

    private static double Median<T>(List<T> rounds, Func<T, double> value) => rounds.Select(value).Order().ElementAt(rounds.Count / 2);
}
