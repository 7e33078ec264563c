using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using CrashHandler.Tests.EndToEnd;
using CrashHandler.Tests.Table;
using Xunit;

namespace CrashHandler.Tests.Soak;

/// <summary>What must hold not once but always. Run by build/soak, not every day.</summary>
public sealed class SoakTests(ITestOutputHelper output)
{
    // 128 and SIGABRT.
    private const int Aborted = 134;

    private static readonly Way[] s_stages = [Way.Exec, Way.Start];

    [Fact(Explicit = true)]
    public void DeathsAreReportedEachTime()
    {
        int count = SoakLimits.Count(SoakLimits.Deaths);
        Shape shape = Shape.All().First(shape => shape.WhyAbsent is null && shape.Name == "net10.0-shared");
        ConcurrentBag<string> wrong = [];
        var rows = from kind in Kind.All where kind.IsDeath from way in s_stages select new Cell(kind, way, shape);
        Parallel.ForEach(rows, new ParallelOptions { MaxDegreeOfParallelism = SoakLimits.Parallel }, cell =>
        {
            using Sandbox sandbox = new(Identities.Own);
            int expected = VictimRun.Run(sandbox, cell, isCovered: false, "", sandbox.PathOf("bare")).ExitCode;
            KeepAll(sandbox);
            Stopwatch watch = Stopwatch.StartNew();
            List<ProcessResult> ends = [.. Enumerable.Range(0, count).Select(_ => VictimRun.Run(sandbox, cell, isCovered: true, sandbox.Database, sandbox.PathOf("facts")))];
            IReadOnlyList<JsonElement> reports = sandbox.Reports();
            int sameEnd = ends.Count(end => end.ExitCode == expected);
            int right = reports.Count(report => cell.Kind.Reasons.Contains(report.GetProperty("reason").GetString()));
            int deaths = reports.Select(report => report.GetProperty("pid").GetInt32()).Distinct().Intersect(ends.Select(end => end.Pid)).Count();
            string line = $"{cell.Kind.Name,-18} {cell.Way,-6} {count} deaths: {reports.Count} reports of {deaths} processes, {right} with the right reason, {sameEnd} right exit statuses, {watch.Elapsed.TotalSeconds:0} s";
            output.WriteLine(line);
            if ((reports.Count, deaths, right, sameEnd) != (count, count, count, count))
            {
                wrong.Add(line);
            }
        });
        Assert.Empty(wrong);
    }

    [Fact(Explicit = true)]
    public void CaughtExceptionsAreNeverReported()
    {
        ConcurrentBag<string> wrong = [];
        // The kind that dies afterwards shows that the shim was there all the time.
        var cells = from shape in Shape.All()
                    from kind in Kind.All
                    where kind.Catches
                    from way in s_stages
                    select new Cell(kind, way, shape) { Nulls = SoakLimits.Nulls, Divisions = SoakLimits.Divisions };
        Parallel.ForEach(cells.Where(cell => cell.WhyNot is null), new ParallelOptions { MaxDegreeOfParallelism = SoakLimits.Parallel }, cell =>
        {
            using Sandbox sandbox = new(Identities.Own);
            Stopwatch watch = Stopwatch.StartNew();
            ProcessResult seen = VictimRun.Run(sandbox, cell, isCovered: true, sandbox.Database, sandbox.PathOf("facts"));
            string[] reasons = [.. sandbox.Reports().Select(report => report.GetProperty("reason").GetString()!)];
            string line = $"{cell.Shape.Name,-24} {cell.Way,-6} {cell.Kind.Name,-22} exit {seen.ExitCode}, {seen.Output.Split('\n')[^2]}, {reasons.Length} reports, {watch.Elapsed.TotalSeconds:0.0} s";
            output.WriteLine(line);
            bool isRight = seen.ExitCode == (cell.Kind.IsDeath ? Aborted : 0) && reasons.SequenceEqual(cell.Kind.Reasons)
                && seen.Output.EndsWith($"caught {SoakLimits.Nulls} {SoakLimits.Divisions}\n", StringComparison.Ordinal);
            if (!isRight)
            {
                wrong.Add(line + seen.Error);
            }
        });
        Assert.Empty(wrong);
    }

    [Fact(Explicit = true)]
    public void AParameterSetJustBeforeIsInTheReport()
    {
        int count = SoakLimits.Count(SoakLimits.Parameters);
        using Sandbox sandbox = new(Identities.Own);
        KeepAll(sandbox);
        HashSet<(int Pid, string Value)> set = [];
        for (int i = 0; i < count; i++)
        {
            ProcessResult end = sandbox.RunMain("parameter", "--no-upload");
            set.Add((end.Pid, end.Output.Split('\n')[1]));
        }

        IReadOnlyList<JsonElement> reports = sandbox.Reports();
        int right = reports.Count(report => set.Contains((report.GetProperty("pid").GetInt32(), Parameter(report))));
        output.WriteLine($"{count} processes set a parameter and crashed: {reports.Count} reports, {right} with the value of their process");
        Assert.Equal((count, count, count), (set.Count, reports.Count, right));
    }

    // More than a handler keeps that an application starts.
    private static void KeepAll(Sandbox sandbox)
    {
        RunningProcess handler = sandbox.Start(TestPrograms.Shared.Handler, "run", "--database", sandbox.Database, "--persistent", "--max-size", "1000000", "--max-count", "1000000", "--ready-fd", "1");
        Assert.StartsWith("ready ", handler.ReadLine(), StringComparison.Ordinal);
    }

    private static string Parameter(JsonElement report)
        => report.GetProperty("parameters").TryGetProperty("last", out JsonElement value) ? value.GetString()! : "";
}
