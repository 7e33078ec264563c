using System.Text.Json;
using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Reports;

/// <summary>
/// The reports of one directory (handler/Reports/README.md). Several handlers may use it at once: any may file, only the holder of <c>uploads.lock</c>
/// changes reports that are filed.
/// </summary>
internal sealed class ReportDatabase
{
    private const string NewName = "new";
    private const string PendingName = "pending";
    private const string CompletedName = "completed";
    private const string AttachmentsName = "attachments";
    private const string UploadsLockName = "uploads.lock";
    private const string DumpExtension = ".dmp";
    private const string RecordExtension = ".json";

    private static readonly string[] s_directories = [NewName, PendingName, CompletedName, AttachmentsName];

    private ReportDatabase(string path, DatabaseSettings settings)
    {
        Path = path;
        Settings = settings;
    }

    /// <summary>Absolute path of the directory.</summary>
    public string Path { get; }

    /// <summary>Its settings.</summary>
    public DatabaseSettings Settings { get; }

    /// <summary>Opens a database, making what is missing of it.</summary>
    /// <exception cref="DatabaseException">The path is no directory, or belongs to somebody else.</exception>
    /// <exception cref="SyscallException">It cannot be made.</exception>
    public static ReportDatabase Create(string path)
    {
        string full = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));
        if (System.IO.File.Exists(full))
        {
            throw new DatabaseException($"'{full}' is not a directory; name one for the database");
        }

        CreateParents(full);
        PosixFiles.CreatePrivateDirectory(full);
        uint owner = PosixFiles.Owner(full);
        if (owner != PosixFiles.UserId())
        {
            throw new DatabaseException($"'{full}' belongs to uid {owner}, not to uid {PosixFiles.UserId()}; choose another directory");
        }

        PosixFiles.MakePrivate(full);
        foreach (string name in s_directories)
        {
            PosixFiles.CreatePrivateDirectory(System.IO.Path.Combine(full, name));
        }

        return new ReportDatabase(full, new DatabaseSettings(full));
    }

    /// <summary>Opens a database that is there.</summary>
    /// <exception cref="DatabaseException">It is not.</exception>
    public static ReportDatabase OpenExisting(string path)
    {
        string full = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));
        foreach (string name in s_directories.Prepend(""))
        {
            if (!Directory.Exists(System.IO.Path.Combine(full, name)))
            {
                throw new DatabaseException($"there is no database at '{full}'{(name.Length > 0 ? $" ('{name}' is missing)" : "")}; check the path");
            }
        }

        return new ReportDatabase(full, new DatabaseSettings(full));
    }

    /// <summary>Begins a report.</summary>
    /// <exception cref="SyscallException">Its dump cannot be created.</exception>
    public PendingReport BeginReport()
    {
        Guid id = Guid.NewGuid();
        return new PendingReport(this, id, FilePath(NewName, id.ToString(), DumpExtension));
    }

    /// <summary>Every whole report, in no order.</summary>
    /// <param name="onProblem">Told of each record that cannot be read; it stays where it is.</param>
    public IReadOnlyList<ReportRecord> List(Action<string>? onProblem = null)
    {
        Dictionary<string, ReportRecord> reports = [];
        // Completed last: when both directories hold a record, a move was interrupted, and completed is the newer truth.
        foreach (string directory in new[] { PendingName, CompletedName })
        {
            foreach (string path in Directory.EnumerateFiles(System.IO.Path.Combine(Path, directory), "*" + RecordExtension))
            {
                if (ReadRecord(path, onProblem) is { } record && System.IO.File.Exists(DumpPath(record)))
                {
                    reports[record.Id] = record;
                }
            }
        }

        return [.. reports.Values];
    }

    /// <summary>The report of an id, or null.</summary>
    public ReportRecord? Find(string id)
        => Guid.TryParseExact(id, "D", out _)
            ? ReadRecord(FilePath(CompletedName, id, RecordExtension), null) ?? ReadRecord(FilePath(PendingName, id, RecordExtension), null)
            : null;

    /// <summary>Absolute path of a report's dump.</summary>
    public string DumpPath(ReportRecord report)
    {
        string preferred = FilePath(DirectoryOf(report.State), report.Id, DumpExtension);
        string other = FilePath(DirectoryOf(report.State) == PendingName ? CompletedName : PendingName, report.Id, DumpExtension);
        return System.IO.File.Exists(preferred) || !System.IO.File.Exists(other) ? preferred : other;
    }

    /// <summary>
    /// Stores a report's new record. When it is done with, its files move: the new record is first stored where the old one is, so that an interruption
    /// never sends again what was sent; then the dump moves, then the record.
    /// </summary>
    /// <exception cref="SyscallException">The disk failed.</exception>
    public void Update(ReportRecord record)
    {
        string pending = FilePath(PendingName, record.Id, RecordExtension);
        bool isPending = System.IO.File.Exists(pending);
        DurableFile.Write(isPending ? pending : FilePath(CompletedName, record.Id, RecordExtension), Serialize(record));
        if (isPending && DirectoryOf(record.State) == CompletedName)
        {
            MoveToCompleted(record.Id);
        }
    }

    /// <summary>
    /// Ends what a dead handler left half done: moves that were begun, dumps in <c>new/</c> nobody writes. Only for the holder of the upload lock.
    /// </summary>
    public void Sweep()
    {
        foreach (string path in Directory.EnumerateFiles(System.IO.Path.Combine(Path, PendingName), "*" + RecordExtension))
        {
            if (ReadRecord(path, null) is { } record && DirectoryOf(record.State) == CompletedName)
            {
                MoveToCompleted(record.Id);
            }
        }

        foreach (string path in Directory.EnumerateFiles(System.IO.Path.Combine(Path, NewName), "*" + DumpExtension))
        {
            RemoveAbandoned(path);
        }
    }

    /// <summary>Takes the lock of the one uploader; null when another handler has it.</summary>
    /// <exception cref="SyscallException">The lock file cannot be opened.</exception>
    public FileDescriptor? TryLockUploads()
    {
        FileDescriptor file = DurableFile.OpenLock(System.IO.Path.Combine(Path, UploadsLockName));
        if (Libc.flock(file.Number, Libc.LOCK_EX | Libc.LOCK_NB) == 0)
        {
            return file;
        }

        file.Dispose();
        return null;
    }

    /// <summary>Files a written dump; see <see cref="PendingReport.Commit"/>.</summary>
    internal void File(string dump, ReportRecord record)
    {
        string directory = DirectoryOf(record.State);
        DurableFile.Rename(dump, FilePath(directory, record.Id, DumpExtension));
        DurableFile.Write(FilePath(directory, record.Id, RecordExtension), Serialize(record));
    }

    private static byte[] Serialize(ReportRecord record) => JsonSerializer.SerializeToUtf8Bytes(record, ReportsJson.Default.ReportRecord);

    private static string DirectoryOf(ReportState state) => state == ReportState.Pending ? PendingName : CompletedName;

    private static void CreateParents(string full)
    {
        string? parent = System.IO.Path.GetDirectoryName(full);
        if (parent is not null && !Directory.Exists(parent))
        {
            CreateParents(parent);
            PosixFiles.CreatePrivateDirectory(parent);
        }
    }

    private static ReportRecord? ReadRecord(string path, Action<string>? onProblem)
    {
        try
        {
            if (!System.IO.File.Exists(path))
            {
                return null;
            }

            if (new FileInfo(path).Length > ReportsLimits.MaxJsonBytes)
            {
                throw new JsonException($"it has more than {ReportsLimits.MaxJsonBytes} bytes");
            }

            ReportRecord? record = JsonSerializer.Deserialize(System.IO.File.ReadAllBytes(path), ReportsJson.Default.ReportRecord);
            string name = System.IO.Path.GetFileNameWithoutExtension(path);
            // The id becomes a path: what the file says must be what the file is called.
            return record?.Id == name && Guid.TryParseExact(name, "D", out _) ? record : throw new JsonException("its id is not its name");
        }
        catch (Exception broken) when (broken is JsonException or IOException or UnauthorizedAccessException)
        {
            onProblem?.Invoke($"'{path}' is left out: {broken.Message}");
            return null;
        }
    }

    private static void RemoveAbandoned(string path)
    {
        int fd = Libc.open(path, Libc.O_RDWR | Libc.O_NOFOLLOW | Libc.O_CLOEXEC, 0);
        if (fd < 0)
        {
            return; // Filed or removed since it was listed.
        }

        using FileDescriptor file = new(fd);
        if (Libc.flock(file.Number, Libc.LOCK_EX | Libc.LOCK_NB) == 0)
        {
            _ = Libc.unlink(path);
        }
    }

    private string FilePath(string directory, string id, string extension) => System.IO.Path.Combine(Path, directory, id + extension);

    private void MoveToCompleted(string id)
    {
        string dump = FilePath(PendingName, id, DumpExtension);
        if (System.IO.File.Exists(dump))
        {
            DurableFile.Rename(dump, FilePath(CompletedName, id, DumpExtension));
        }

        DurableFile.Rename(FilePath(PendingName, id, RecordExtension), FilePath(CompletedName, id, RecordExtension));
        DurableFile.SyncDirectory(System.IO.Path.Combine(Path, CompletedName));
        DurableFile.SyncDirectory(System.IO.Path.Combine(Path, PendingName));
    }
}
