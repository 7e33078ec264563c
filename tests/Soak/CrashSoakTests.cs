using System.Text.RegularExpressions;
using Xunit;

namespace CrashHandler.Tests.Soak;

/// <summary>Every crash is a report, or a line of the log that says why not, whatever else goes wrong meanwhile.</summary>
public sealed partial class CrashSoakTests(ITestOutputHelper output)
{
    // As after 200 crashes (FootprintTests), and what uploads leave.
    private const int MaxGrowthKiB = 3 * 1024;

    [Fact]
    public void EveryCrashIsAccountedFor() => Run(SoakLimits.FewCrashes);

    /// <summary>build/soak crashes.</summary>
    [Fact(Explicit = true)]
    public void EveryCrashIsAccountedForSoak() => Run(SoakLimits.Count(SoakLimits.Crashes));

    private void Run(int count)
    {
        using CrashSoak soak = new();
        Dictionary<string, int> bare = soak.BareEnds();
        soak.WarmUp();
        (int Pid, int Descriptors, int Threads, int PrivateKiB) before = soak.AtRest();

        soak.Run(count);

        Assert.Empty(soak.Troubles);
        Assert.Equal(count, soak.Deaths.Count);
        ILookup<int, string> reported = soak.Reported(), explained = soak.Explained();
        string[] log = soak.Log();
        List<string> lost = [], doubled = [], changed = [];
        int whole = 0, said = 0;
        foreach (IGrouping<int, SoakDeath> process in soak.Deaths.GroupBy(death => death.ProcessId))
        {
            int deaths = process.Count(), reports = reported[process.Key].Count(), reasons = explained[process.Key].Count();
            whole += Math.Min(deaths, reports);
            said += Math.Clamp(deaths - reports, 0, reasons);
            lost.AddRange(reports + reasons >= deaths ? [] : process.Select(death => $"{death.Victim.Name}, pid {death.ProcessId}, exit {death.ExitCode}: {death.Output}\n{string.Join('\n', log.Where(line => line.Contains($"pid {death.ProcessId}", StringComparison.OrdinalIgnoreCase)))}"));
            doubled.AddRange(reports <= deaths ? [] : [$"pid {process.Key}: {string.Join(", ", reported[process.Key])}"]);
            changed.AddRange(process.Where(death => death.ExitCode != bare[death.Victim.Name]).Select(death => $"{death.Victim.Name}, pid {death.ProcessId}: exit {death.ExitCode} instead of {bare[death.Victim.Name]}: {death.Output}"));
        }

        output.WriteLine($"{count} crashes of {soak.Kinds} kinds, {SoakLimits.CrashingAtOnce} at a time: {whole} reports, {said} with a logged reason, {lost.Count} lost, {doubled.Count} reported twice, {changed.Count} ended otherwise than without us; "
            + $"the handler was killed {soak.Kills} times, the disk was full {soak.Fills} times{(soak.Fills == 0 ? " (only root can mount one to fill)" : "")}");
        foreach (string reason in explained.SelectMany(lines => lines).GroupBy(line => Numbers().Replace(line, "N")).Select(same => $"  {same.Count()} x {same.Key}"))
        {
            output.WriteLine(reason);
        }

        Assert.True(lost.Count + doubled.Count + changed.Count == 0, string.Join('\n', [.. lost.Prepend("lost:"), .. doubled.Prepend("reported twice:"), .. changed.Prepend("ended otherwise:"), "log:", .. log]));
        // Reasons are the full disk's: without one there is nothing to be explained.
        Assert.True(said == 0 || soak.Fills > 0, $"{said} crashes without a report on a disk with room");
        (int Pid, int Descriptors, int Threads, int PrivateKiB) after = soak.AtRest();
        output.WriteLine($"handler at rest: before {before}, after {after}");
        Assert.InRange(after.Descriptors, 1, before.Descriptors);
        Assert.InRange(after.Threads, 1, before.Threads);
        Assert.InRange(after.PrivateKiB, 1, before.PrivateKiB + MaxGrowthKiB);
    }

    // Pids and ids.
    [GeneratedRegex("[0-9a-f-]{36}|[0-9]+")]
    private static partial Regex Numbers();
}
