using System.Text.Json;
using CrashHandler.Handler.Posix;
using Microsoft.Win32.SafeHandles;

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
    private const uint Root = 0;

    private static readonly string[] s_directories = [NewName, PendingName, CompletedName, AttachmentsName];

    // In the order in which a report passes through them.
    private static readonly string[] s_filed = [PendingName, CompletedName];

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
        CreateParents(full);
        foreach (string name in s_directories.Prepend(""))
        {
            CreateOwn(System.IO.Path.Combine(full, name));
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
        // Completed last: a report that moves between the two looks is seen twice, and completed is the newer truth.
        foreach (ReportRecord record in ReadAll(PendingName, onProblem).Concat(ReadAll(CompletedName, onProblem)))
        {
            reports[record.Id] = record;
        }

        return [.. reports.Values.Where(HasDump)];
    }

    /// <summary>The whole reports that wait for their upload, in no order; what has a completed record, too, never waits again.</summary>
    public IReadOnlyList<ReportRecord> ListPending()
        => [.. ReadAll(PendingName, onProblem: null).Where(report => report.State == ReportState.Pending && HasDump(report)
            && !System.IO.File.Exists(FilePath(CompletedName, report.Id, RecordExtension)))];

    /// <summary>Absolute path of a report's dump.</summary>
    public string DumpPath(ReportRecord report)
    {
        string preferred = FilePath(DirectoryOf(report.State), report.Id, DumpExtension);
        string other = FilePath(DirectoryOf(report.State) == PendingName ? CompletedName : PendingName, report.Id, DumpExtension);
        return System.IO.File.Exists(preferred) || !System.IO.File.Exists(other) ? preferred : other;
    }

    /// <summary>A report's dump.</summary>
    /// <exception cref="SyscallException">It cannot be opened.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public async Task<byte[]> ReadDumpAsync(ReportRecord report, CancellationToken cancellation)
    {
        using FileDescriptor file = DurableFile.OpenRead(DumpPath(report));
        using SafeFileHandle handle = new(file.Number, ownsHandle: false);
        byte[] dump = new byte[RandomAccess.GetLength(handle)];
        int length = 0;
        while (length < dump.Length && await RandomAccess.ReadAsync(handle, dump.AsMemory(length), length, cancellation).ConfigureAwait(false) is > 0 and int count)
        {
            length += count;
        }

        return length == dump.Length ? dump : throw new EndOfStreamException($"'{DumpPath(report)}' became shorter while it was read");
    }

    /// <summary>
    /// Stores a report's new record; a report that somebody removed meanwhile stays removed. When it is done with, its files move: the new record is
    /// first stored where the old one is, so that an interruption never sends again what was sent; then the dump moves, then the record.
    /// </summary>
    /// <exception cref="SyscallException">The disk failed.</exception>
    public void Update(ReportRecord record)
    {
        string? directory = s_filed.FirstOrDefault(name => System.IO.File.Exists(FilePath(name, record.Id, RecordExtension)));
        if (directory is null)
        {
            return;
        }

        DurableFile.Write(FilePath(directory, record.Id, RecordExtension), Serialize(record));
        if (directory == PendingName && DirectoryOf(record.State) == CompletedName)
        {
            MoveToCompleted(record.Id);
        }
    }

    /// <summary>
    /// Ends what a dead handler left half done: moves that were begun; dumps nobody writes and no record names; temporary files. Only for the holder
    /// of the upload lock.
    /// </summary>
    /// <param name="onProblem">Told of each file that cannot be read; it stays where it is.</param>
    /// <exception cref="SyscallException">The disk failed.</exception>
    public void Sweep(Action<string>? onProblem = null)
    {
        foreach (ReportRecord record in ReadAll(PendingName, onProblem).Where(record => DirectoryOf(record.State) == CompletedName))
        {
            MoveToCompleted(record.Id);
        }

        foreach (string path in s_filed.Prepend(NewName).SelectMany(name => Directory.EnumerateFiles(System.IO.Path.Combine(Path, name), "*" + DumpExtension)))
        {
            try
            {
                SweepDump(path);
            }
            catch (SyscallException failure)
            {
                // ENOENT: filed or removed since it was listed.
                if (failure.Errno != Libc.ENOENT)
                {
                    onProblem?.Invoke($"'{path}' cannot be swept: {failure.Message}");
                }
            }
        }
    }

    /// <summary>Takes the lock of the one uploader; null when another handler has it.</summary>
    /// <exception cref="SyscallException">The lock file cannot be opened or locked.</exception>
    public FileDescriptor? TryLockUploads()
    {
        string path = System.IO.Path.Combine(Path, UploadsLockName);
        FileDescriptor file = DurableFile.OpenLock(path);
        if (DurableFile.TryLock(file, path))
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

    private static void CreateOwn(string directory)
    {
        PosixFiles.CreatePrivateDirectory(directory);
        if (!Directory.Exists(directory))
        {
            throw new DatabaseException($"'{directory}' is not a directory; move it away, or name another database");
        }

        uint user = PosixFiles.UserId();
        uint owner = PosixFiles.Owner(directory);
        // The owner of a link decides where it leads.
        uint linkOwner = PosixFiles.LinkOwner(directory);
        if (owner != user || (linkOwner != user && linkOwner != Root))
        {
            throw new DatabaseException($"'{directory}' belongs to uid {(owner == user ? linkOwner : owner)}, not to uid {user}; choose another directory");
        }

        PosixFiles.MakePrivate(directory);
    }

    private static ReportRecord? ReadRecord(string path, Action<string>? onProblem)
    {
        try
        {
            return DurableFile.Read(path, ReportsLimits.MaxJsonBytes) is { } contents ? Parse(contents, System.IO.Path.GetFileNameWithoutExtension(path)) : null;
        }
        catch (Exception broken) when (broken is JsonException or InvalidDataException or SyscallException)
        {
            onProblem?.Invoke($"'{path}' is left out: {broken.Message}");
            return null;
        }
    }

    private static ReportRecord Parse(ReadOnlySpan<byte> contents, string name)
    {
        ReportRecord? record = JsonSerializer.Deserialize(contents, ReportsJson.Default.ReportRecord);
        // The id becomes a path: what the file says must be what the file is called.
        return record?.Id != name || !Guid.TryParseExact(name, "D", out _) ? throw new JsonException("its id is not its name")
            : !Enum.IsDefined(record.State) ? throw new JsonException($"its state is {record.State}")
            : record;
    }

    private IEnumerable<ReportRecord> ReadAll(string directory, Action<string>? onProblem)
        => Directory.EnumerateFiles(System.IO.Path.Combine(Path, directory), "*" + RecordExtension).Select(path => ReadRecord(path, onProblem)).OfType<ReportRecord>();

    private bool HasDump(ReportRecord report) => System.IO.File.Exists(DumpPath(report));

    private void SweepDump(string path)
    {
        string id = System.IO.Path.GetFileNameWithoutExtension(path);
        List<string> leftovers = [.. s_filed.Select(name => FilePath(name, id, RecordExtension + DurableFile.TemporarySuffix)).Where(System.IO.File.Exists)];
        if (leftovers.Count == 0 && HasRecord(id))
        {
            return;
        }

        // Locked: a living handler writes or files it. Looked for a second time, because the record comes before the lock goes.
        using FileDescriptor file = DurableFile.OpenRead(path);
        if (DurableFile.TryLock(file, path))
        {
            leftovers.ForEach(DurableFile.Remove);
            if (!HasRecord(id))
            {
                DurableFile.Remove(path);
            }
        }
    }

    private bool HasRecord(string id) => s_filed.Any(name => System.IO.File.Exists(FilePath(name, id, RecordExtension)));

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
