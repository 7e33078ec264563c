using System.Diagnostics;
using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Reports;

/// <summary>
/// Keeps a database within its limits: when it is first looked at, whenever it is over them, and daily, when it is swept, too. For the holder of the upload lock, on its thread: what is
/// being sent is not looked at.
/// </summary>
/// <param name="database">Which.</param>
/// <param name="limits">How much of it is kept.</param>
/// <param name="time">The clock.</param>
/// <param name="tell">Told of everything that goes, and of what cannot be dealt with.</param>
/// <param name="passed">Told of each step of a deletion.</param>
internal sealed class Retention(ReportDatabase database, RetentionLimits limits, TimeProvider time, Action<string> tell, Action<DeletionStep>? passed = null)
{
    private readonly DatabaseStock _stock = new(database, Once(tell));
    private readonly ReportDeletion _deletion = new(database, passed);
    private DateTimeOffset? _lastFull;
    private DateTimeOffset _lastTime;
    private long? _lastStamp;
    private long? _doubted;

    /// <summary>Ends the deletions that somebody began, and removes what is over the limits. What fails is told, and tried again at the next look.</summary>
    public void Look()
    {
        try
        {
            _deletion.End(tell);
            DateTimeOffset now = time.GetUtcNow();
            WatchClock(now);
            // A clock that was set back by days counts as well.
            bool isDue = _lastFull is not { } last || (now - last).Duration() >= ReportsLimits.RetentionInterval;
            if (isDue && _lastFull is not null)
            {
                // The first time, who took the lock has just done that.
                database.Sweep(tell);
            }

            if (isDue || _stock.Measure(out int reports) > limits.MaxBytes || reports > limits.MaxReports)
            {
                foreach (Removal removal in Remove(Decide(_stock.Take(), now)))
                {
                    tell(Describe(removal));
                }

                _deletion.End(tell);
            }

            _lastFull = isDue ? now : _lastFull;
        }
        catch (Exception failure) when (failure is SyscallException or DatabaseException or IOException or UnauthorizedAccessException)
        {
            tell($"What is kept in '{database.Path}' cannot be looked through now: {failure.Message}");
        }
    }

    /// <summary>Does it now, for whoever asks. Where another handler holds the upload lock, reports are no more at once, and that handler ends their deletion.</summary>
    /// <param name="isDryRun">Only says what would go.</param>
    /// <exception cref="SyscallException">The disk failed.</exception>
    /// <exception cref="DatabaseException">A directory is somebody else's.</exception>
    /// <exception cref="IOException">The disk failed.</exception>
    public PruneOutcome Prune(bool isDryRun)
    {
        using FileDescriptor? uploads = isDryRun ? null : database.TryLockUploads();
        if (uploads is not null)
        {
            database.Sweep(tell);
        }

        List<StoredItem> stored = _stock.Take();
        List<Removal> removals = Decide(stored, time.GetUtcNow());
        if (isDryRun)
        {
            return new PruneOutcome(removals, Without(stored, removals), HasEnded: true);
        }

        removals = Remove(removals);
        if (uploads is not null)
        {
            _deletion.End(tell);
        }

        return new PruneOutcome(removals, Without(stored, removals), _deletion.WaitForEnd());
    }

    // A clock that went ahead makes everything old at once, and what is removed does not come back with it. For as long as somebody may set it right, nothing goes for its age; the other limits hold.
    private void WatchClock(DateTimeOffset now)
    {
        long stamp = time.GetTimestamp();
        if (_lastStamp is { } last && now - _lastTime - time.GetElapsedTime(last, stamp) is var ahead && ahead.Duration() > ReportsLimits.ClockTrust)
        {
            _doubted = ahead > TimeSpan.Zero ? stamp : null;
            tell(ahead > TimeSpan.Zero
                ? $"The clock went ahead by {ahead.TotalDays:0.0} days: for {ReportsLimits.ClockPatience.TotalHours:0} hours nothing is removed for its age"
                : $"The clock went back by {-ahead.TotalDays:0.0} days");
        }

        if (_doubted is { } since && time.GetElapsedTime(since, stamp) >= ReportsLimits.ClockPatience)
        {
            _doubted = null;
        }

        (_lastTime, _lastStamp) = (now, stamp);
    }

    // Only of what would go it is asked whether it is in use, because that takes its lock for a moment. What is stays, and none goes in its place: it goes later.
    private List<Removal> Decide(List<StoredItem> stored, DateTimeOffset now)
    {
        List<Removal> removals = RetentionPolicy.Decide(stored, _doubted is null ? limits : limits with { MaxAge = TimeSpan.MaxValue }, now);
        long began = Stopwatch.GetTimestamp();
        removals.RemoveAll(removal => removal.Item.Kind != StoredKind.Quarantined && !removal.IsHeapDumpOnly
            && IsPerhapsInUse(removal.Item.Id, ReportsLimits.UsePatience - Stopwatch.GetElapsedTime(began)));
        return removals;
    }

    // One that cannot be opened stays: nothing of the others hangs on it.
    private bool IsPerhapsInUse(string id, TimeSpan patience)
    {
        try
        {
            return database.Find(id) is { } report && database.IsInUse(report, patience);
        }
        catch (SyscallException)
        {
            return true;
        }
    }

    // Of reports it is begun only: that is all that who does not hold the upload lock may do. Somebody may have begun to send one meanwhile: that stays.
    private List<Removal> Remove(List<Removal> removals)
    {
        List<string> reports = [];
        foreach (Removal removal in removals)
        {
            // One that cannot be removed keeps no other: it is tried again.
            if (removal.Item.Kind == StoredKind.Quarantined)
            {
                ReportDatabase.Attempt(database.Quarantine.PathOf(removal.Item.Id), () => database.Quarantine.Remove(removal.Item.Id), tell);
            }
            else if (removal.IsHeapDumpOnly)
            {
                ReportDatabase.Attempt(removal.Item.Id, () => database.RemoveHeapDump(removal.Item.Id), tell);
            }
            else
            {
                reports.Add(removal.Item.Id);
            }
        }

        List<string> inUse = reports.Count > 0 ? _deletion.Begin(reports) : [];
        removals.RemoveAll(removal => !removal.IsHeapDumpOnly && inUse.Contains(removal.Item.Id));
        return removals;
    }

    // Every look finds it again.
    private static Action<string> Once(Action<string> tell)
    {
        HashSet<string> told = [];
        return problem =>
        {
            if (told.Add(problem))
            {
                tell(problem);
            }
        };
    }

    private static List<StoredItem> Without(List<StoredItem> stored, List<Removal> removals)
    {
        Dictionary<string, Removal> gone = [];
        foreach (Removal removal in removals)
        {
            // The last one: a report may go after its heap dump.
            gone[removal.Item.Id] = removal;
        }

        List<StoredItem> kept = [];
        foreach (StoredItem item in stored)
        {
            if (!gone.TryGetValue(item.Id, out Removal? removal))
            {
                kept.Add(item);
            }
            else if (removal.IsHeapDumpOnly)
            {
                kept.Add(item with { HeapDumpBytes = 0 });
            }
        }

        return kept;
    }

    private string Describe(Removal removal)
    {
        string what = removal.IsHeapDumpOnly ? $"The heap dump of report {removal.Item.Id}"
            : removal.Item.Kind == StoredKind.Quarantined ? $"'{database.Quarantine.PathOf(removal.Item.Id)}'"
            : $"Report {removal.Item.Id}, {(removal.Item.Kind is StoredKind.Pending or StoredKind.Unsent ? "which was not sent" : "which was done with")},";
        string why = removal.Reason switch
        {
            RemovalReason.Age => $"it is older than {limits.MaxAge.TotalDays:0} days",
            RemovalReason.Count => $"there are more than {limits.MaxReports}",
            _ => $"all together have more than {limits.MaxBytes >> 20} MiB",
        };
        return $"{what} of {removal.Item.Since.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z is removed: {why}";
    }
}
