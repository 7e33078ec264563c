using CrashHandler.Handler.Reports;

namespace CrashHandler.Handler.Cli;

/// <summary>The reports of a database, each once, as they come.</summary>
/// <param name="database">The database.</param>
/// <param name="filter">Which of them.</param>
/// <param name="former">How many of those that are there at the first look: the newest.</param>
internal sealed class ArrivingReports(ReportDatabase database, ReportFilter filter, int former)
{
    private HashSet<string>? _seen;

    /// <summary>Those that came since the last look, the oldest first.</summary>
    public IReadOnlyList<ReportRecord> Next()
    {
        bool isFirst = _seen is null;
        if (isFirst && former == 0)
        {
            _seen = [.. database.ReportIds()];
            return [];
        }

        List<ReportRecord> found = [];
        _seen ??= [];
        foreach (string id in database.ReportIds())
        {
            if (!_seen.Contains(id) && database.Find(id) is { } report)
            {
                _seen.Add(id);
                found.Add(report);
            }
        }

        return [.. found.Where(filter.Matches).OrderBy(report => report.Created).TakeLast(isFirst ? former : int.MaxValue)];
    }
}
