using CrashHandler.Handler.Reports;

namespace CrashHandler.Handler.Upload;

/// <summary>
/// The reports that wait, in mind: a record is read once, when it is new, because none but the holder of the upload lock changes one. Only for
/// that holder.
/// </summary>
internal sealed class WaitingReports(ReportDatabase database)
{
    private Dictionary<string, WaitingReport> _reports = [];

    /// <summary>Those that wait, in no order.</summary>
    public IReadOnlyCollection<WaitingReport> All => _reports.Values;

    /// <summary>Whether a report waits.</summary>
    public bool Contains(string id) => _reports.ContainsKey(id);

    /// <summary>Looks what came and what went.</summary>
    public void Refresh()
    {
        Dictionary<string, WaitingReport> found = new(_reports.Count);
        foreach (string id in database.PendingIds())
        {
            if (_reports.TryGetValue(id, out WaitingReport known))
            {
                found[known.Id] = known;
            }
            else if (database.FindPending(id) is { } record)
            {
                found[record.Id] = WaitingReport.Of(record);
            }
        }

        _reports = found;
    }

    /// <summary>Forgets a report that turned out not to wait; the next look reads its record again.</summary>
    public void Forget(string id) => _reports.Remove(id);

    /// <summary>Takes over what was just stored.</summary>
    public void Changed(ReportRecord record)
    {
        if (record.State == ReportState.Pending)
        {
            _reports[record.Id] = WaitingReport.Of(record);
        }
        else
        {
            _reports.Remove(record.Id);
        }
    }
}
