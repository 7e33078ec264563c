using System.Text.Json;
using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Stacks;

namespace CrashHandler.Handler.Reports;

/// <summary>
/// One look through everything that is filed: deletions and moves that a dead handler began are ended, its temporary files removed; what belongs to no report, and records that are
/// broken, go to quarantine. Only for the holder of the upload lock. What is not named as our files are, or is no file, is left.
/// </summary>
/// <param name="database">Which.</param>
/// <param name="tell">Told of each file that was put in quarantine, or cannot be dealt with.</param>
internal sealed class DatabaseSweep(ReportDatabase database, Action<string>? tell)
{
    private const string NoRecord = "no record names it";
    private const string VersionMember = "version";

    // A UUID in its usual form.
    private const int IdLength = 36;

    private readonly ReportDeletion _deletion = new(database);

    /// <summary>Looks through it.</summary>
    /// <exception cref="SyscallException">The disk failed.</exception>
    public void Run()
    {
        _deletion.End(tell);
        foreach (string directory in ReportDatabase.FiledNames)
        {
            Sweep(directory, ReportDatabase.RecordExtension, path => SweepRecord(directory, path));
            Sweep(directory, ReportDatabase.RecordExtension + DurableFile.TemporarySuffix, DurableFile.Remove);
        }

        foreach (string directory in ReportDatabase.FiledNames)
        {
            Sweep(directory, ReportDatabase.DumpExtension, path => SweepDump(directory, path));
            Sweep(directory, ReportDatabase.StacksExtension, path => SweepBelonging(directory, path));
        }

        Sweep(ReportDatabase.HeapDumpsName, ReportDatabase.HeapDumpExtension + DurableFile.TemporarySuffix, SweepUnfinishedHeapDump);
        Sweep(ReportDatabase.HeapDumpsName, ReportDatabase.HeapDumpExtension, path => SweepBelonging(ReportDatabase.HeapDumpsName, path));
        Sweep(ReportDatabase.AttachmentsName, "", path => SweepBelonging(ReportDatabase.AttachmentsName, path));
    }

    private void Sweep(string directory, string extension, Action<string> sweep)
    {
        string where = Path.Combine(database.Path, directory);
        foreach (string path in Directory.Exists(where) ? Directory.EnumerateFileSystemEntries(where, "*" + extension) : [])
        {
            string name = Path.GetFileName(path);
            if (name.Length == IdLength + extension.Length && Guid.TryParseExact(name.AsSpan(0, IdLength), "D", out _))
            {
                ReportDatabase.Attempt(path, () => SweepOurs(directory, path, sweep), tell);
            }
        }
    }

    private void SweepOurs(string directory, string path, Action<string> sweep)
    {
        if (!EntryStatus.TryRead(path, out EntryStatus entry))
        {
            return;
        }

        if (directory == ReportDatabase.AttachmentsName ? entry.IsDirectory : entry.IsRegular)
        {
            sweep(path);
        }
        else
        {
            tell?.Invoke($"'{path}' is left as it is: it is a link, or of another kind than what belongs there");
        }
    }

    private void SweepRecord(string directory, string path)
    {
        byte[] contents = [];
        ReportRecord record;
        try
        {
            if (DurableFile.Read(path, ReportsLimits.MaxJsonBytes) is not { } read)
            {
                return;
            }

            contents = read;
            record = ReportDatabase.Parse(contents, Path.GetFileNameWithoutExtension(path));
        }
        catch (Exception broken) when (broken is JsonException or InvalidDataException)
        {
            if (IsOfLaterVersion(contents))
            {
                tell?.Invoke($"'{path}' is left as it is: a later version wrote it");
            }
            else
            {
                database.Quarantine.Take(directory, Path.GetFileName(path), $"it is no record: {broken.Message}", tell);
            }

            return;
        }

        // While it is filed, its dump is in new/. Looked for first, because it moves to where the second look finds it.
        if (IsBeingMade(record.Id))
        {
            return;
        }

        if (!EntryStatus.TryRead(database.DumpPath(record), out EntryStatus dump))
        {
            database.Quarantine.Take(directory, Path.GetFileName(path), "its dump is missing", tell);
        }
        else if (dump.Bytes < record.DumpBytes)
        {
            database.Quarantine.Take(directory, Path.GetFileName(path), $"its dump has {dump.Bytes} bytes of {record.DumpBytes}", tell);
        }
        else if (directory == ReportDatabase.PendingName && ReportDatabase.DirectoryOf(record.State) == ReportDatabase.CompletedName)
        {
            database.Move(record.Id, ReportDatabase.PendingName, ReportDatabase.CompletedName);
        }
    }

    private void SweepDump(string directory, string path)
    {
        string id = IdOf(path);
        if (BelongsToReport(id))
        {
            return;
        }

        // Locked: a living handler files it. Looked for a second time, because the record comes before the lock goes.
        using FileDescriptor file = DurableFile.OpenRead(path);
        if (ReportDatabase.TryLock(file, path, ReportsLimits.UsePatience) && !BelongsToReport(id))
        {
            database.Quarantine.Take(directory, Path.GetFileName(path), NoRecord, tell);
        }
    }

    // What is there before its report is, and while it is made.
    private void SweepBelonging(string directory, string path)
    {
        string id = IdOf(path);
        // The dump in new/, which moves last, is looked for first.
        if (!IsBeingMade(id) && !BelongsToReport(id))
        {
            database.Quarantine.Take(directory, Path.GetFileName(path), NoRecord, tell);
        }
    }

    private void SweepUnfinishedHeapDump(string path)
    {
        if (!IsBeingMade(IdOf(path)))
        {
            DurableFile.Remove(path);
        }
    }

    private bool IsBeingMade(string id) => File.Exists(database.FilePath(ReportDatabase.NewName, id, ReportDatabase.DumpExtension));

    // In this order: a record that is not there because its deletion was just begun is there.
    private bool BelongsToReport(string id) => database.HasRecord(id) || _deletion.IsBegun(id);

    private static string IdOf(string path) => Path.GetFileName(path)[..IdLength];

    private static bool IsOfLaterVersion(byte[] contents)
    {
        try
        {
            JsonTexts.Require(contents, ReportsLimits.JsonDepth);
            using JsonDocument document = JsonDocument.Parse(contents);
            return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty(VersionMember, out JsonElement version)
                && version.ValueKind == JsonValueKind.Number && version.TryGetInt32(out int number) && number > ReportRecord.CurrentVersion;
        }
        catch (JsonException)
        {
            // It is no JSON at all.
            return false;
        }
    }
}
