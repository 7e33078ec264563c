using System.Diagnostics;
using CrashHandler.Handler.Reports;
using CrashHandler.Tests.Reports;
using CrashHandler.Tests.Soak;
using Xunit;

namespace CrashHandler.Tests.EndToEnd;

/// <summary>
/// The handler is killed at random moments while it uploads to a server that fails a third of the requests: every report arrives, and none is sent
/// again once its success was stored.
/// </summary>
public sealed class KilledUploaderTests(ITestOutputHelper output)
{
    private const string Failing = "accept,error,accept,accept,drop,accept,unavailable,accept,accept";
    private const int LongestLifeMilliseconds = 250;

    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(15);

    /// <summary>Every day, with few.</summary>
    [Fact]
    public void EveryReportArrives() => Run(kills: 20, reports: 8);

    /// <summary>By build/soak.</summary>
    [Fact(Explicit = true)]
    public void EveryReportArrivesSoak() => Run(SoakLimits.Count(SoakLimits.UploaderKills), SoakLimits.UploadedReports);

    private void Run(int kills, int reports)
    {
        using Sandbox sandbox = new(Identities.Own);
        Collector collector = sandbox.StartCollector("--play", Failing);
        ReportDatabase database = ReportDatabase.Create(sandbox.Database);
        for (int i = 0; i < reports; i++)
        {
            using PendingReport report = database.BeginReport(Guid.NewGuid())!;
            report.Commit(TestDatabase.Record(report.Id) with { Created = DateTimeOffset.UtcNow.AddMinutes(i - reports) }, dump => dump.Write(TestDatabase.Dump));
        }

        int seed = Environment.TickCount;
        Random random = new(seed);
        Dictionary<string, int> settled = [];
        Stopwatch watch = Stopwatch.StartNew();
        int killed = 0;
        while (killed < kills)
        {
            RunningProcess handler = StartHandler(sandbox, collector);
            // The random moment is the test's subject: what it is does not matter for what must hold.
            Thread.Sleep(random.Next(LongestLifeMilliseconds));
            sandbox.Kill(handler.Pid);
            killed++;
            AssertSettled(database, collector, settled);
        }

        StartHandler(sandbox, collector);
        while (database.List().Any(report => report.State == ReportState.Pending) && watch.Elapsed < s_limit)
        {
            Thread.Sleep(EndToEndLimits.Poll);
        }

        AssertSettled(database, collector, settled);
        Dictionary<string, int> arrived = Arrivals(collector);
        int duplicates = arrived.Values.Sum() - arrived.Count;
        output.WriteLine($"{kills} kills (seed {seed}), {reports} reports, {watch.Elapsed.TotalSeconds:0} s: {arrived.Count} arrived, {duplicates} twice, "
            + $"{database.List().Sum(report => report.Attempts)} answered attempts, {database.List().Sum(report => report.Unanswered)} without an answer");
        Assert.Equal(reports, database.List().Count(report => report.State == ReportState.Uploaded));
        Assert.Equal(database.List().Select(report => report.Id).Order(), arrived.Keys.Order());
        Assert.InRange(duplicates, 0, kills);
    }

    private static RunningProcess StartHandler(Sandbox sandbox, Collector collector)
    {
        RunningProcess handler = sandbox.Start(TestPrograms.Shared.Handler, "run", "--database", sandbox.Database, "--url", collector.Url, "--persistent", "--ready-fd", "1");
        Assert.StartsWith("ready ", handler.ReadLine());
        return handler;
    }

    /// <summary>Whatever is stored as uploaded has arrived as often as when that was first seen, and never comes again.</summary>
    private static void AssertSettled(ReportDatabase database, Collector collector, Dictionary<string, int> settled)
    {
        List<ReportRecord> uploaded = [.. database.List().Where(report => report.State == ReportState.Uploaded)];
        Dictionary<string, int> arrived = Arrivals(collector);
        foreach (ReportRecord report in uploaded)
        {
            int count = arrived.GetValueOrDefault(report.Id);
            Assert.True(count > 0, $"report {report.Id} is stored as uploaded, and never arrived");
            Assert.Equal((report.Id, settled.GetValueOrDefault(report.Id, count)), (report.Id, count));
            settled[report.Id] = count;
        }
    }

    private static Dictionary<string, int> Arrivals(Collector collector)
        => collector.Arrived().Select(report => Collector.Fields(report)["crash_report_id"]).CountBy(id => id).ToDictionary();
}
