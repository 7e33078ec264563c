using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Reports;

/// <summary>How much a database holds.</summary>
internal sealed class DatabaseStock(ReportDatabase database)
{
    /// <summary>How many reports there are, and what everything that is kept takes together; no record is read.</summary>
    /// <param name="reports">Their number.</param>
    /// <returns>Bytes.</returns>
    /// <exception cref="SyscallException">Something cannot be looked at.</exception>
    /// <exception cref="IOException">Likewise.</exception>
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
            bytes += BytesOf(Path.Combine(database.Path, name));
        }

        return bytes;
    }

    /// <summary>Everything that retention decides on, in no order.</summary>
    /// <exception cref="SyscallException">Something cannot be looked at.</exception>
    /// <exception cref="IOException">Likewise.</exception>
    public List<StoredItem> Take()
    {
        List<StoredItem> items = database.Quarantine.Stock();
        foreach (ReportRecord record in database.Read())
        {
            items.Add(Of(record));
        }

        return items;
    }

    /// <summary>A report. Whether it is in use is not looked at.</summary>
    /// <exception cref="SyscallException">Something of it cannot be looked at.</exception>
    /// <exception cref="IOException">Likewise.</exception>
    public StoredItem Of(ReportRecord record)
    {
        long bytes = BytesOf(database.AttachmentsOf(record.Id));
        foreach (string directory in ReportDatabase.FiledNames)
        {
            foreach (string extension in (string[])[ReportDatabase.RecordExtension, ReportDatabase.DumpExtension, ReportDatabase.StacksExtension])
            {
                bytes += BytesOf(database.FilePath(directory, record.Id, extension));
            }
        }

        bool isPending = record.State == ReportState.Pending;
        return new StoredItem
        {
            Id = record.Id,
            Kind = isPending ? StoredKind.Pending : record.State is ReportState.Skipped or ReportState.Failed ? StoredKind.Unsent : StoredKind.Completed,
            Since = record.Created,
            Bytes = bytes,
            HeapDumpBytes = BytesOf(database.FilePath(ReportDatabase.HeapDumpsName, record.Id, ReportDatabase.HeapDumpExtension)),
            IsHeld = (isPending && record.ExplicitRequest) || database.IsRequested(record.Id),
        };
    }

    /// <summary>Bytes of a file, or of all files in a directory; links lead nowhere. 0: there is nothing of this name.</summary>
    /// <exception cref="SyscallException">It cannot be looked at.</exception>
    /// <exception cref="IOException">Likewise.</exception>
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
}
