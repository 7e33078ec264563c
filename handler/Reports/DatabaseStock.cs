using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Reports;

/// <summary>How much a database holds. What cannot be looked at counts as nothing: all else is within the limits all the same.</summary>
/// <param name="database">Which.</param>
/// <param name="tell">Told of what cannot be looked at, each time.</param>
internal sealed class DatabaseStock(ReportDatabase database, Action<string>? tell = null)
{
    /// <summary>How many reports there are, and what everything that is kept takes together; no record is read.</summary>
    /// <param name="reports">Their number.</param>
    /// <returns>Bytes.</returns>
    /// <exception cref="IOException">One of its directories cannot be listed.</exception>
    /// <exception cref="UnauthorizedAccessException">Likewise.</exception>
    public long Measure(out int reports)
    {
        reports = 0;
        foreach (string name in ReportDatabase.FiledNames)
        {
            foreach (string _ in database.RecordPaths(name))
            {
                reports++;
            }
        }

        long bytes = 0;
        foreach (string name in (string[])[ReportDatabase.PendingName, ReportDatabase.CompletedName, ReportDatabase.AttachmentsName, ReportDatabase.HeapDumpsName, Quarantine.DirectoryName])
        {
            string directory = Path.Combine(database.Path, name);
            foreach (string path in Directory.Exists(directory) ? Directory.EnumerateFileSystemEntries(directory) : [])
            {
                bytes += CountedBytesOf(path);
            }
        }

        return bytes;
    }

    /// <summary>Everything that retention decides on, in no order.</summary>
    /// <exception cref="IOException">One of its directories cannot be listed.</exception>
    /// <exception cref="UnauthorizedAccessException">Likewise.</exception>
    public List<StoredItem> Take()
    {
        List<StoredItem> items = database.Quarantine.Stock(tell);
        foreach (ReportRecord record in database.Read())
        {
            items.Add(Of(record));
        }

        return items;
    }

    /// <summary>A report. Whether it is in use is not looked at.</summary>
    public StoredItem Of(ReportRecord record)
    {
        long bytes = CountedBytesOf(database.AttachmentsOf(record.Id));
        foreach (string directory in ReportDatabase.FiledNames)
        {
            foreach (string extension in (string[])[ReportDatabase.RecordExtension, ReportDatabase.DumpExtension, ReportDatabase.StacksExtension])
            {
                bytes += CountedBytesOf(database.FilePath(directory, record.Id, extension));
            }
        }

        bool isPending = record.State == ReportState.Pending;
        return new StoredItem
        {
            Id = record.Id,
            Kind = isPending ? StoredKind.Pending : record.State is ReportState.Skipped or ReportState.Failed ? StoredKind.Unsent : StoredKind.Completed,
            Since = record.Created,
            Bytes = bytes,
            HeapDumpBytes = CountedBytesOf(database.FilePath(ReportDatabase.HeapDumpsName, record.Id, ReportDatabase.HeapDumpExtension)),
            IsHeld = (isPending && record.ExplicitRequest) || database.IsRequested(record.Id),
        };
    }

    /// <summary>Bytes of a file, or of all files in a directory; links lead nowhere. 0: there is nothing of this name.</summary>
    /// <exception cref="SyscallException">It cannot be looked at.</exception>
    /// <exception cref="IOException">Likewise.</exception>
    /// <exception cref="UnauthorizedAccessException">Likewise.</exception>
    public static long BytesOf(string path)
    {
        if (!EntryStatus.TryRead(path, out EntryStatus entry))
        {
            return 0;
        }

        if (!entry.IsDirectory)
        {
            return entry.IsRegular ? entry.Bytes : 0;
        }

        long bytes = 0;
        try
        {
            foreach (string inside in Directory.EnumerateFileSystemEntries(path))
            {
                bytes += BytesOf(inside);
            }
        }
        catch (DirectoryNotFoundException)
        {
            // Removed since it was looked at.
        }

        return bytes;
    }

    /// <summary>In words, why something is left out.</summary>
    public static string WhyLeftOut(string path, Exception failure) => $"'{path}' cannot be looked at, and is left alone: {failure.Message}";

    private long CountedBytesOf(string path)
    {
        try
        {
            return BytesOf(path);
        }
        catch (Exception failure) when (failure is SyscallException or IOException or UnauthorizedAccessException)
        {
            tell?.Invoke(WhyLeftOut(path, failure));
            return 0;
        }
    }
}
