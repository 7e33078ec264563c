namespace CrashHandler.Handler.Reports;

/// <summary>
/// What goes, and in which order. Pure: a function of what is stored, the limits and the time (handler/Reports/README.md, "What is kept"). The newest report never goes,
/// nor what is held.
/// </summary>
internal static class RetentionPolicy
{
    /// <summary>What goes, first things first.</summary>
    public static List<Removal> Decide(IEnumerable<StoredItem> stored, RetentionLimits limits, DateTimeOffset now)
    {
        List<StoredItem> items = [.. stored];
        items.Sort(InOrder);
        List<Removal> removals = [];
        StoredItem? newest = Newest(items);

        Take(RemovalReason.Age, item => now - item.Since > limits.MaxAge);

        int excess = Count(items, isReport: false) - limits.MaxReports;
        Take(RemovalReason.Count, item => item.Kind == StoredKind.Quarantined && excess-- > 0);
        excess = Count(items, isReport: true) - limits.MaxReports;
        Take(RemovalReason.Count, item => item.Kind != StoredKind.Quarantined && excess-- > 0);

        // One heap dump, which is never sent, is as large as hundreds of reports: for one that stays, only other heap dumps go.
        long over = -limits.MaxBytes, staying = 0;
        foreach (StoredItem item in items)
        {
            over += item.Bytes + (Stays(item) ? 0 : item.HeapDumpBytes);
            staying += Stays(item) ? item.HeapDumpBytes : 0;
        }

        Take(RemovalReason.Size, item => item.Kind == StoredKind.Quarantined && IsTooMuch(item));
        over += staying;
        TakeHeapDumps();
        over -= staying;
        Take(RemovalReason.Size, IsTooMuch);
        return removals;

        bool Stays(StoredItem item) => item.IsHeld || item == newest;

        // Asked in the order in which things go, and of nothing that stays.
        void Take(RemovalReason reason, Predicate<StoredItem> goes)
        {
            int kept = 0;
            for (int i = 0; i < items.Count; i++)
            {
                if (!Stays(items[i]) && goes(items[i]))
                {
                    removals.Add(new Removal(items[i], reason, IsHeapDumpOnly: false));
                }
                else
                {
                    items[kept++] = items[i];
                }
            }

            items.RemoveRange(kept, items.Count - kept);
        }

        bool IsTooMuch(StoredItem item)
        {
            bool isTooMuch = over > 0;
            over -= isTooMuch ? item.Bytes + item.HeapDumpBytes : 0;
            return isTooMuch;
        }

        void TakeHeapDumps()
        {
            List<StoredItem> oldestFirst = [.. items];
            oldestFirst.Sort(ByAge);
            foreach (StoredItem item in oldestFirst)
            {
                if (over > 0 && item.HeapDumpBytes > 0 && !Stays(item))
                {
                    removals.Add(new Removal(item, RemovalReason.Size, IsHeapDumpOnly: true));
                    items[items.IndexOf(item)] = item with { HeapDumpBytes = 0 };
                    over -= item.HeapDumpBytes;
                }
            }
        }
    }

    private static int InOrder(StoredItem one, StoredItem other) => one.Kind != other.Kind ? one.Kind - other.Kind : ByAge(one, other);

    private static int ByAge(StoredItem one, StoredItem other)
        => one.Since.CompareTo(other.Since) is not 0 and int order ? order : string.CompareOrdinal(one.Id, other.Id);

    private static StoredItem? Newest(List<StoredItem> items)
    {
        StoredItem? newest = null;
        foreach (StoredItem item in items)
        {
            newest = item.Kind != StoredKind.Quarantined && (newest is null || ByAge(item, newest) > 0) ? item : newest;
        }

        return newest;
    }

    private static int Count(List<StoredItem> items, bool isReport)
    {
        int count = 0;
        foreach (StoredItem item in items)
        {
            count += (item.Kind != StoredKind.Quarantined) == isReport ? 1 : 0;
        }

        return count;
    }
}
