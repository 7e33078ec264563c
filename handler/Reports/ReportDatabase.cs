using System.Diagnostics;
using System.Text;
using System.Text.Json;
using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Stacks;

namespace CrashHandler.Handler.Reports;

/// <summary>
/// The reports of one directory (handler/Reports/README.md). Several handlers may use it at once: any may file, only the holder of <c>uploads.lock</c>
/// changes reports that are filed.
/// </summary>
internal sealed class ReportDatabase
{
    internal const string NewName = "new";
    internal const string PendingName = "pending";
    internal const string CompletedName = "completed";
    internal const string AttachmentsName = "attachments";
    internal const string RequestsName = "requests";
    internal const string HeapDumpsName = "heapdumps";
    internal const string DeletionsName = "deletions";
    internal const string HeapDumpExtension = ".core";
    internal const string DumpExtension = ".dmp";
    internal const string RecordExtension = ".json";
    internal const string StacksExtension = ".managed.json";
    private const string UploadsLockName = "uploads.lock";
    private const uint Root = 0;

    // The longer first: a name that ends with it ends with the shorter one, too.
    private static readonly string[] s_newExtensions =
        [DumpExtension, DumpExtension + DurableFile.TemporarySuffix, StacksExtension, StacksExtension + DurableFile.TemporarySuffix, RecordExtension, RecordExtension + DurableFile.TemporarySuffix];

    private static readonly string[] s_directories = [NewName, PendingName, CompletedName, AttachmentsName, RequestsName, DeletionsName];

    // What makes a directory a database: the others are younger, and are made when a handler comes.
    private static readonly string[] s_required = [NewName, PendingName, CompletedName];

    private static readonly char[] s_notInNames = System.IO.Path.GetInvalidFileNameChars();

    // Beginnings of their names: settings with their copies, logs with their former ones.
    private static readonly string[] s_ourFiles = ["settings.", "handler.log", UploadsLockName];

    // In the order in which a report passes through them.
    internal static readonly string[] FiledNames = [PendingName, CompletedName];

    private ReportDatabase(string path, DatabaseSettings settings)
    {
        Path = path;
        Settings = settings;
        Quarantine = new Quarantine(path);
    }

    /// <summary>Absolute path of the directory.</summary>
    public string Path { get; }

    /// <summary>Its settings.</summary>
    public DatabaseSettings Settings { get; }

    /// <summary>What was found broken in it.</summary>
    public Quarantine Quarantine { get; }

    /// <summary>Told in words that somebody had removed what is made anew for a report. From a capture's thread.</summary>
    public Action<string>? Remade { get; set; }

    /// <summary>When a report, or a request, was last dealt with, as far as the file system tells.</summary>
    public DateTime LastMove => new[] { PendingName, CompletedName, RequestsName }.Max(name => Directory.GetLastWriteTimeUtc(System.IO.Path.Combine(Path, name)));

    /// <summary>Directories into which files are renamed that may be work for an uploader; see <see cref="IsWork"/>.</summary>
    public IEnumerable<string> WorkDirectories => new[] { "", PendingName, RequestsName, DeletionsName }.Select(name => System.IO.Path.Combine(Path, name));

    /// <summary>Directories into which a report comes, at last by its dump; see <see cref="IsDump"/>.</summary>
    public IEnumerable<string> ReportDirectories => FiledNames.Select(name => System.IO.Path.Combine(Path, name));

    /// <summary>Whether a file of this name in one of <see cref="ReportDirectories"/> is a report's dump.</summary>
    public static bool IsDump(string name) => name.EndsWith(DumpExtension, StringComparison.Ordinal);

    /// <summary>Whether a file of this name in one of <see cref="WorkDirectories"/> is work: a dump that is filed, a request, a deletion that was begun, the settings. A record is not: the uploader wrote it.</summary>
    public static bool IsWork(string name)
        => IsDump(name) || name == DatabaseSettings.FileName || Guid.TryParseExact(name, "D", out _);

    /// <summary>Opens a database, making what is missing of it.</summary>
    /// <exception cref="DatabaseException">The path is no directory, or belongs to somebody else.</exception>
    /// <exception cref="SyscallException">It cannot be made.</exception>
    public static ReportDatabase Create(string path)
    {
        string full = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));
        CreateParents(full);
        CreateTop(full);
        foreach (string name in s_directories)
        {
            CreateOwn(System.IO.Path.Combine(full, name));
        }

        return new ReportDatabase(full, new DatabaseSettings(full));
    }

    /// <summary>Opens a database that is there.</summary>
    /// <exception cref="DatabaseException">It is not, or it is closed to this user.</exception>
    /// <exception cref="SyscallException">Nobody can tell: what is above it is closed to this user.</exception>
    public static ReportDatabase OpenExisting(string path)
    {
        string full = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));
        foreach (string name in s_required.Prepend(""))
        {
            string directory = System.IO.Path.Combine(full, name);
            if (!Directory.Exists(directory))
            {
                throw WhyNone(full, name);
            }
        }

        return new ReportDatabase(full, new DatabaseSettings(full));
    }

    private static DatabaseException WhyNone(string full, string missing)
    {
        uint user = PosixFiles.UserId();
        // What belongs to somebody else looks as if it were not there.
        if (TryGetOwner(full) is { } owner && owner != user && user != Root)
        {
            return new DatabaseException($"'{full}' belongs to {PosixFiles.Describe(owner)}, not to {PosixFiles.Describe(user)}; look at it as that user, or as root");
        }

        if (IsClosed(System.IO.Path.Combine(full, missing)))
        {
            return new DatabaseException($"'{full}' is closed to {PosixFiles.Describe(user)}: it is another user's; look at it as that user, or with sudo");
        }

        return new DatabaseException(System.IO.File.Exists(full) ? $"'{full}' is a file, not the directory of a database; check the path"
            : $"there is no database at '{full}'{(missing.Length > 0 ? $" ('{missing}' is missing)" : "")}; check the path");
    }

    private static uint? TryGetOwner(string path)
    {
        try
        {
            return PosixFiles.Owner(path);
        }
        catch (SyscallException missing) when (missing.Errno is Libc.ENOENT or Libc.ENOTDIR or Libc.EACCES)
        {
            return null;
        }
    }

    /// <summary>
    /// Begins the report of a death. Its id names the death, so that of several handlers that were told of it one makes the report and the others
    /// wait for it. What a dead handler left of it is filed when it is finished, and made anew when it is not.
    /// </summary>
    /// <param name="id">Names the death.</param>
    /// <param name="passed">Told of each step, from <see cref="FilingStep.Waiting"/> on.</param>
    /// <param name="limit">How long another handler is waited for; null: <see cref="ReportsLimits.OtherHandler"/>.</param>
    /// <returns>Null: this death is a report already.</returns>
    /// <exception cref="DatabaseException">Another handler has been at it for all of <paramref name="limit"/>, or the directory is somebody else's by now.</exception>
    /// <exception cref="SyscallException">Its dump cannot be created.</exception>
    public PendingReport? BeginReport(Guid id, Action<FilingStep>? passed = null, TimeSpan? limit = null)
    {
        Mend();
        string name = id.ToString();
        string path = FilePath(NewName, name, DumpExtension);
        TimeSpan patience = limit ?? ReportsLimits.OtherHandler;
        long began = Stopwatch.GetTimestamp();
        NewDump? claimed;
        while ((claimed = NewDump.TryClaim(path)) is null)
        {
            if (Stopwatch.GetElapsedTime(began) > patience)
            {
                throw new DatabaseException($"another handler has been making report {name} for {patience.TotalSeconds} s; it may be stopped: continue it, or end it");
            }

            passed?.Invoke(FilingStep.Waiting);
            Thread.Sleep(ReportsLimits.ClaimInterval);
        }

        try
        {
            if (IsFiled(name))
            {
                DurableFile.Remove(path);
            }
            else if (!TryAdopt(name, claimed))
            {
                RemoveAttachments(name);
                DiscardHeapDump(name);
                RemoveNewStacks(name);
                claimed.Clear();
                passed?.Invoke(FilingStep.Claimed);
                PendingReport begun = new(this, id, claimed, passed ?? (_ => { }));
                claimed = null;
                return begun;
            }

            return null;
        }
        finally
        {
            claimed?.Dispose();
        }
    }

    /// <summary>Every whole report, in no order.</summary>
    /// <param name="onProblem">Told of each record that cannot be read; it stays where it is.</param>
    public IReadOnlyList<ReportRecord> List(Action<string>? onProblem = null) => List(report => report, onProblem);

    /// <summary>What is wanted of every whole report, in no order. Only that is kept.</summary>
    /// <param name="select">What is wanted of a report; null: nothing.</param>
    /// <param name="onProblem">Told of each record that cannot be read; it stays where it is.</param>
    /// <param name="onRead">Told after each report how many are read.</param>
    public IReadOnlyList<T> List<T>(Func<ReportRecord, T?> select, Action<string>? onProblem = null, Action<int>? onRead = null)
        where T : class
    {
        Dictionary<string, (ReportState State, T? Wanted)> reports = [];
        // Completed last: a report that moves between the two looks is seen twice, and completed is the newer truth, also where nothing is wanted of it.
        foreach (ReportRecord record in FiledNames.SelectMany(name => ReadAll(name, onProblem)))
        {
            reports[record.Id] = (record.State, select(record));
            onRead?.Invoke(reports.Count);
        }

        return [.. reports.Where(report => report.Value.Wanted is not null && HasDump(report.Key, report.Value.State)).Select(report => report.Value.Wanted!)];
    }

    /// <summary>Every whole report, in no order, one at a time: each is read when it is asked for, and only its id is kept in mind.</summary>
    /// <param name="onProblem">Told of each record that cannot be read; it stays where it is.</param>
    public IEnumerable<ReportRecord> Read(Action<string>? onProblem = null)
    {
        HashSet<string> seen = [];
        // Completed last: so no report that moves meanwhile is missed.
        foreach (ReportRecord record in FiledNames.SelectMany(name => ReadAll(name, onProblem)))
        {
            if (HasDump(record) && seen.Add(record.Id))
            {
                yield return record;
            }
        }
    }

    /// <summary>Ids of what may wait for its upload, in no order; <see cref="FindPending"/> says of each whether it does.</summary>
    public IEnumerable<string> PendingIds() => Ids(PendingName);

    /// <summary>Ids of all reports, each once, in no order, by their dumps, which come last; <see cref="Find"/> says of each whether it has its record.</summary>
    public IEnumerable<string> ReportIds()
        => ReportDirectories.SelectMany(directory => Directory.EnumerateFiles(directory, "*" + DumpExtension)).Select(path => System.IO.Path.GetFileNameWithoutExtension(path)).Distinct();

    /// <summary>A whole report that waits for its upload; null: it does not. What has a completed record, too, never waits again.</summary>
    /// <exception cref="SyscallException">There is no descriptor or no memory to look with.</exception>
    public ReportRecord? FindPending(string id)
        => ReadRecord(FilePath(PendingName, id, RecordExtension), onProblem: null) is { State: ReportState.Pending } report && HasDump(report)
            && !System.IO.File.Exists(FilePath(CompletedName, id, RecordExtension)) ? report : null;

    /// <summary>A whole report; null: there is none of this id.</summary>
    public ReportRecord? Find(string id)
        => new[] { CompletedName, PendingName, CompletedName }.Select(name => ReadRecord(FilePath(name, id, RecordExtension), onProblem: null)).FirstOrDefault(record => record is not null && HasDump(record));

    /// <summary>
    /// How many whole reports there are in each state. Those in <c>pending/</c> are not read, of the others only the beginning: ten thousand are a matter of milliseconds.
    /// </summary>
    public IReadOnlyDictionary<ReportState, int> CountStates()
    {
        // Completed last, as in List: a report that moves between the two looks is seen twice, and never not at all.
        Dictionary<string, ReportState> states = [];
        foreach (string directory in FiledNames)
        {
            HashSet<string> names = [.. Directory.EnumerateFiles(System.IO.Path.Combine(Path, directory)).Select(path => System.IO.Path.GetFileName(path))];
            foreach (string name in names)
            {
                if (name.EndsWith(RecordExtension, StringComparison.Ordinal) && !name.EndsWith(StacksExtension, StringComparison.Ordinal))
                {
                    string id = name[..^RecordExtension.Length];
                    // On its way, its dump is where it was not looked for.
                    if ((names.Contains(id + DumpExtension) || FiledNames.Any(other => System.IO.File.Exists(FilePath(other, id, DumpExtension))))
                        && (directory == PendingName ? ReportState.Pending : StateOf(FilePath(directory, id, RecordExtension))) is { } state)
                    {
                        states[id] = state;
                    }
                }
            }
        }

        Dictionary<ReportState, int> counts = [];
        foreach (ReportState state in states.Values)
        {
            counts[state] = counts.GetValueOrDefault(state) + 1;
        }

        return counts;
    }

    // Members are written in the order of the record, so that the state is at its beginning; one that somebody wrote otherwise is read whole.
    private static ReportState? StateOf(string path)
    {
        Span<byte> beginning = stackalloc byte[ReportsLimits.StateBytes];
        try
        {
            using FileDescriptor file = DurableFile.OpenRead(path);
            Utf8JsonReader reader = new(beginning[..DurableFile.ReadSome(file, path, beginning)], isFinalBlock: false, state: default);
            while (reader.Read())
            {
                if (reader.CurrentDepth == 1 && reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals("state"u8))
                {
                    foreach (ReportState state in reader.Read() && reader.TokenType == JsonTokenType.String ? Enum.GetValues<ReportState>() : [])
                    {
                        if (reader.ValueTextEquals(state.ToString().ToLowerInvariant()))
                        {
                            return state;
                        }
                    }

                    break;
                }
            }
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException or SyscallException { Errno: not (Libc.EMFILE or Libc.ENFILE or Libc.ENOMEM) })
        {
            // A name with half a character is an invalid operation to who compares it.
            return null;
        }

        return ReadRecord(path, onProblem: null)?.State;
    }

    /// <summary>Reports in a row, one at a time: each is read when it is asked for.</summary>
    public IEnumerable<ReportRecord> ReadCompleted() => ReadAll(CompletedName, onProblem: null).Where(HasDump);

    /// <summary>Asks for a report's upload; whoever uploads finds the request, now or later.</summary>
    /// <exception cref="DatabaseException">There is no such report, or a server has it.</exception>
    /// <exception cref="SyscallException">The request cannot be stored.</exception>
    /// <param name="id">The report's.</param>
    /// <param name="url">Where to; null: where it goes anyway.</param>
    public void Request(string id, Uri? url = null)
    {
        ReportRecord report = Find(id) ?? throw new DatabaseException($"no report '{id}' in '{Path}'; 'crash-handler reports list' shows those there are");
        if (report.State == ReportState.Uploaded)
        {
            throw new DatabaseException($"report {id} is uploaded already; the server calls it '{report.ServerId}'");
        }

        byte[] address = Encoding.UTF8.GetBytes(url?.AbsoluteUri ?? "");
        if (address.Length > ReportsLimits.MaxUrlBytes)
        {
            throw new DatabaseException($"the URL has {address.Length} bytes; at most {ReportsLimits.MaxUrlBytes} are taken");
        }

        string directory = System.IO.Path.Combine(Path, RequestsName);
        CreateOwn(directory);
        DurableFile.Write(System.IO.Path.Combine(directory, id), address);
    }

    /// <summary>Whether a request waits to be carried out.</summary>
    public bool IsRequested(string id) => System.IO.File.Exists(System.IO.Path.Combine(Path, RequestsName, id));

    /// <summary>
    /// Carries out what <see cref="Request"/> asked for: each report goes back to <c>pending/</c>. The request goes last, so that an interruption begins
    /// again. For the holder of the upload lock.
    /// </summary>
    /// <param name="requested">The record of a report that is asked for, and of the URL it is to be sent to, if another one.</param>
    /// <param name="tell">Told of requests that cannot be carried out, in words.</param>
    public void TakeRequests(Func<ReportRecord, string?, ReportRecord> requested, Action<string>? tell = null)
    {
        string directory = System.IO.Path.Combine(Path, RequestsName);
        foreach (string request in Directory.Exists(directory) ? Directory.EnumerateFiles(directory).ToList() : [])
        {
            string id = System.IO.Path.GetFileName(request);
            if (id.EndsWith(DurableFile.TemporarySuffix, StringComparison.Ordinal))
            {
                continue;
            }

            // What fails stays asked for.
            Attempt(
                request,
                () =>
                {
                    Reopen(id, report => requested(report, UrlIn(request)), tell);
                    DurableFile.Remove(request);
                },
                tell);
        }
    }

    /// <summary>Absolute path of a report's attachment.</summary>
    public string AttachmentPath(ReportRecord report, string name) => System.IO.Path.Combine(AttachmentsOf(report.Id), name);

    /// <summary>Absolute path of a report's heap dump; null: it has none.</summary>
    public string? HeapDumpPath(ReportRecord report) => FilePath(HeapDumpsName, report.Id, HeapDumpExtension) is var path && System.IO.File.Exists(path) ? path : null;

    /// <summary>Makes room for a report's heap dump, under a name that is none of a heap dump yet; see <see cref="FileHeapDump"/>.</summary>
    /// <returns>Absolute path of the file, which is to be made.</returns>
    /// <exception cref="DatabaseException">The directory is somebody else's.</exception>
    /// <exception cref="SyscallException">It cannot be made.</exception>
    public string BeginHeapDump(string id)
    {
        CreateOwn(System.IO.Path.Combine(Path, HeapDumpsName));
        DiscardHeapDump(id);
        return FilePath(HeapDumpsName, id, HeapDumpExtension) + DurableFile.TemporarySuffix;
    }

    /// <summary>Gives a whole heap dump its name.</summary>
    /// <exception cref="SyscallException">It cannot be renamed.</exception>
    public void FileHeapDump(string id)
        => DurableFile.Rename(FilePath(HeapDumpsName, id, HeapDumpExtension) + DurableFile.TemporarySuffix, FilePath(HeapDumpsName, id, HeapDumpExtension));

    /// <summary>Takes away what there is of a heap dump that is not to be. What cannot be removed is left to a sweep.</summary>
    public void DiscardHeapDump(string id)
    {
        string path = FilePath(HeapDumpsName, id, HeapDumpExtension);
        _ = Libc.unlink(path);
        _ = Libc.unlink(path + DurableFile.TemporarySuffix);
    }

    /// <summary>Absolute path of a report's dump.</summary>
    public string DumpPath(ReportRecord report) => FiledPath(report.Id, report.State, DumpExtension) ?? FilePath(DirectoryOf(report.State), report.Id, DumpExtension);

    /// <summary>Absolute path of a report's document of stacks; null: it has none.</summary>
    public string? StacksPath(ReportRecord report) => FiledPath(report.Id, report.State, StacksExtension);

    /// <summary>
    /// Stores a report's new record; a report that somebody removed meanwhile stays removed. When it is done with, its files move: the new record is
    /// first stored where the old one is, so that an interruption never sends again what was sent; then the dump moves, then the record.
    /// </summary>
    /// <exception cref="SyscallException">The disk failed.</exception>
    public void Update(ReportRecord record)
    {
        string? directory = FiledNames.FirstOrDefault(name => System.IO.File.Exists(FilePath(name, record.Id, RecordExtension)));
        if (directory is null)
        {
            return;
        }

        DurableFile.Write(FilePath(directory, record.Id, RecordExtension), Serialize(record));
        if (directory == PendingName && DirectoryOf(record.State) == CompletedName)
        {
            Move(record.Id, PendingName, CompletedName);
        }
    }

    /// <summary>
    /// Ends what dead handlers left in <c>new/</c>: finished dumps are filed, or put in quarantine where they cannot be; unfinished ones are removed. For
    /// any handler, at any time.
    /// </summary>
    /// <param name="tell">Told of each file that was filed, removed or put in quarantine, or cannot be read, in words.</param>
    /// <param name="isAlone">This handler captures nothing yet.</param>
    public void Recover(Action<string>? tell = null, bool isAlone = true)
    {
        string directory = System.IO.Path.Combine(Path, NewName);
        foreach (IGrouping<string, string> files in Directory.EnumerateFiles(directory).GroupBy(path => IdOf(path) ?? "").Where(files => files.Key.Length > 0).ToList())
        {
            // Nothing but an empty dump is a capture that begins just now: between its creation and its lock it must not be taken from it.
            if (files.Count() > 1 || isAlone || HasRecord(files.Key) || new FileInfo(files.Single()) is { Exists: true, Length: > 0 })
            {
                Attempt(FilePath(NewName, files.Key, DumpExtension), () => RecoverOne(files.Key, tell), tell);
            }
        }
    }

    /// <summary>
    /// Ends what dead handlers left half done beside <see cref="Recover"/>, and puts in quarantine what belongs to no report; see <see cref="DatabaseSweep"/>. Only for the
    /// holder of the upload lock.
    /// </summary>
    /// <param name="tell">Told of each file that was put in quarantine, or cannot be dealt with and stays where it is.</param>
    /// <exception cref="SyscallException">The disk failed.</exception>
    public void Sweep(Action<string>? tell = null) => new DatabaseSweep(this, tell).Run();

    /// <summary>Whether somebody makes or sends a report now, or holds its process until it is sent.</summary>
    /// <param name="report">The report.</param>
    /// <param name="patience">For how long its lock may be held without that; see <see cref="ReportsLimits.UsePatience"/>.</param>
    /// <exception cref="SyscallException">Its dump cannot be opened or locked.</exception>
    public bool IsInUse(ReportRecord report, TimeSpan patience = default)
    {
        try
        {
            string path = DumpPath(report);
            using FileDescriptor dump = DurableFile.OpenRead(path);
            return !TryLock(dump, path, patience);
        }
        catch (SyscallException gone) when (gone.Errno == Libc.ENOENT)
        {
            // It moves, which only its uploader does, or it is no more.
            return Find(report.Id) is not null;
        }
    }

    /// <summary>Takes the lock of a dump that is filed.</summary>
    /// <returns>False: it is in use.</returns>
    /// <exception cref="SyscallException">flock failed.</exception>
    internal static bool TryLock(FileDescriptor dump, string path, TimeSpan patience)
    {
        long began = Stopwatch.GetTimestamp();
        while (!DurableFile.TryLock(dump, path))
        {
            if (Stopwatch.GetElapsedTime(began) >= patience)
            {
                return false;
            }

            Thread.Sleep(ReportsLimits.ClaimInterval);
        }

        return true;
    }

    /// <summary>Keeps others from deleting a report while it is sent, until the returned file is closed. A filer's lock, which keeps them from it as well, is no obstacle.</summary>
    /// <exception cref="SyscallException">Its dump cannot be opened.</exception>
    public FileDescriptor Use(ReportRecord report)
    {
        string path = DumpPath(report);
        FileDescriptor dump = DurableFile.OpenRead(path);
        DurableFile.TryShare(dump);
        return dump;
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

    /// <summary>Whether a lock that was taken is still the one that others take: its file may have been removed, and made anew.</summary>
    /// <exception cref="SyscallException">It cannot be looked at.</exception>
    public bool IsUploadsLock(FileDescriptor taken)
    {
        string path = System.IO.Path.Combine(Path, UploadsLockName);
        return FileIdentity.Of(path) == FileIdentity.Of(taken, path);
    }

    /// <summary>Takes the lock of the one uploader, waiting for it without a limit.</summary>
    /// <exception cref="SyscallException">The lock file cannot be opened or locked.</exception>
    public FileDescriptor LockUploads()
    {
        string path = System.IO.Path.Combine(Path, UploadsLockName);
        FileDescriptor file = DurableFile.OpenLock(path);
        DurableFile.Lock(file, path);
        return file;
    }

    /// <summary>Stores the record of a dump that is about to be written; see <see cref="PendingReport.Commit"/>.</summary>
    /// <returns>The record's file, to be synced when its dump is there: people wait for a dying process.</returns>
    internal FileDescriptor Prepare(ReportRecord record) => DurableFile.WriteUnsynced(FilePath(NewName, record.Id, RecordExtension), Serialize(record));

    /// <summary>Stores the document of stacks of a dump that has it already.</summary>
    /// <returns>The file, to be synced.</returns>
    internal FileDescriptor PrepareStacks(string id, ReadOnlySpan<byte> document) => DurableFile.WriteUnsynced(FilePath(NewName, id, StacksExtension), document);

    /// <summary>
    /// Files a finished dump, which its caller has claimed. The dump moves last: as long as it is in <c>new/</c>, its flock there guards the death, and
    /// a record without a dump is no report.
    /// </summary>
    internal void File(ReportRecord record, Action<FilingStep>? passed = null)
    {
        string directory = DirectoryOf(record.State);
        Require(directory);
        if (MoveStacks(record.Id, NewName, directory))
        {
            passed?.Invoke(FilingStep.StacksMoved);
        }

        DurableFile.Rename(FilePath(NewName, record.Id, RecordExtension), FilePath(directory, record.Id, RecordExtension));
        passed?.Invoke(FilingStep.RecordMoved);
        MoveDump(record.Id, directory, passed);
    }

    /// <summary>Takes away what there is of a report that is not to be; its caller has claimed it. What cannot be removed is left to a sweep.</summary>
    internal void Discard(string id)
    {
        // The dump last: as long as it is there, it is claimed.
        RemoveTemporaries(id);
        _ = Libc.unlink(FilePath(NewName, id, RecordExtension));
        RemoveAttachments(id);
        DiscardHeapDump(id);
        RemoveNewStacks(id);
        _ = Libc.unlink(FilePath(NewName, id, DumpExtension));
    }

    private void RemoveTemporaries(string id)
    {
        _ = Libc.unlink(FilePath(NewName, id, DumpExtension + DurableFile.TemporarySuffix));
        _ = Libc.unlink(FilePath(NewName, id, RecordExtension + DurableFile.TemporarySuffix));
        _ = Libc.unlink(FilePath(NewName, id, StacksExtension + DurableFile.TemporarySuffix));
    }

    // What else it has, the next sweep finds without a report.
    private void QuarantineNew(string id, Action<string>? tell)
    {
        string why = "a handler ended before it was a report, and its record is missing or says that more of it was written";
        RemoveTemporaries(id);
        foreach (string extension in (string[])[RecordExtension, StacksExtension, DumpExtension])
        {
            if (EntryStatus.TryRead(FilePath(NewName, id, extension), out _))
            {
                Quarantine.Take(NewName, id + extension, why, tell);
            }
        }
    }

    private static bool IsClosed(string directory)
    {
        try
        {
            _ = FileStatus.Of(directory);
            return false;
        }
        catch (SyscallException refused)
        {
            return refused.Errno is Libc.EACCES or Libc.EPERM;
        }
    }

    private bool MoveStacks(string id, string from, string to)
    {
        string path = FilePath(from, id, StacksExtension);
        bool isThere = System.IO.File.Exists(path);
        if (isThere)
        {
            DurableFile.Rename(path, FilePath(to, id, StacksExtension));
        }

        return isThere;
    }

    private void RemoveNewStacks(string id)
    {
        string path = FilePath(NewName, id, StacksExtension);
        _ = Libc.unlink(path);
        _ = Libc.unlink(path + DurableFile.TemporarySuffix);
    }

    /// <summary>Takes away a report's heap dump.</summary>
    /// <exception cref="SyscallException">It cannot be removed.</exception>
    internal void RemoveHeapDump(string id)
    {
        string path = FilePath(HeapDumpsName, id, HeapDumpExtension);
        DurableFile.Remove(path);
        DurableFile.Remove(path + DurableFile.TemporarySuffix);
    }

    /// <summary>Takes away a report's attachments.</summary>
    /// <exception cref="IOException">They cannot be removed.</exception>
    internal void RemoveAttachments(string id)
    {
        // A link in its place is not ours, and what it leads to even less.
        if (EntryStatus.TryRead(AttachmentsOf(id), out EntryStatus entry) && entry.IsDirectory)
        {
            Directory.Delete(AttachmentsOf(id), recursive: true);
        }
    }

    /// <summary>Makes the directory of a report's attachments.</summary>
    /// <exception cref="SyscallException">It cannot be made.</exception>
    internal string CreateAttachments(string id)
    {
        PosixFiles.CreatePrivateDirectory(AttachmentsOf(id));
        return AttachmentsOf(id);
    }

    private static byte[] Serialize(ReportRecord record) => JsonSerializer.SerializeToUtf8Bytes(record, ReportsJson.Default.ReportRecord);

    internal static string DirectoryOf(ReportState state) => state == ReportState.Pending ? PendingName : CompletedName;

    // A directory that somebody removed, or renamed, while its handler runs: the next crash is worth a report all the same. Nothing else makes it anew, so that whoever removes it is done with it.
    private void Mend()
    {
        if (!Directory.Exists(Path))
        {
            _ = Create(Path);
            Remade?.Invoke($"'{Path}' was gone, with all that was in it: it is made anew");
            return;
        }

        // Where everybody may make files, another one may have its name by now.
        CheckOwner(Path);
        string missing = "";
        foreach (string name in s_directories)
        {
            string directory = System.IO.Path.Combine(Path, name);
            if (!EntryStatus.TryRead(directory, out _))
            {
                CreateOwn(directory);
                missing += missing.Length > 0 ? $", '{name}'" : $"'{name}'";
            }
        }

        Require(NewName);
        if (missing.Length > 0)
        {
            Remade?.Invoke($"{missing} in '{Path}' was gone, with all that was in it: it is made anew");
        }
    }

    // What is in the place of a directory of ours is not followed: where it leads, nobody looks for reports.
    private void Require(string name)
    {
        string directory = System.IO.Path.Combine(Path, name);
        if (!EntryStatus.TryRead(directory, out EntryStatus entry))
        {
            CreateOwn(directory);
        }
        else if (!entry.IsDirectory)
        {
            throw new SyscallException("rename", Libc.ENOTDIR, directory, "a link or a file is in the place of this directory of the database; move it away");
        }
    }

    private static void CreateParents(string full)
    {
        string? parent = System.IO.Path.GetDirectoryName(full);
        if (parent is not null && !Directory.Exists(parent))
        {
            CreateParents(parent);
            PosixFiles.CreatePrivateDirectory(parent);
        }
    }

    // A directory that has other files is not ours to close: whoever else reads them may go on. What is ours in it is private by itself.
    private static void CreateTop(string directory)
    {
        if (!Directory.Exists(directory) || Directory.EnumerateFileSystemEntries(directory).All(path => IsOurs(System.IO.Path.GetFileName(path))))
        {
            CreateOwn(directory);
            return;
        }

        CheckOwner(directory);
        if (PosixFiles.IsWritableByOthers(directory))
        {
            throw new DatabaseException($"'{directory}' has files in it and can be written by others; name an empty or new directory, or take their right away with 'chmod go-w'");
        }
    }

    private static bool IsOurs(string name)
        => s_directories.Contains(name) || name is HeapDumpsName or HandlerRun.DirectoryName or Quarantine.DirectoryName || s_ourFiles.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal));

    internal static void CreateOwn(string directory)
    {
        PosixFiles.CreatePrivateDirectory(directory);
        if (!Directory.Exists(directory))
        {
            throw new DatabaseException($"'{directory}' is not a directory; move it away, or name another database");
        }

        CheckOwner(directory);
        PosixFiles.MakePrivate(directory);
    }

    private static void CheckOwner(string directory)
    {
        uint user = PosixFiles.UserId();
        uint owner = PosixFiles.Owner(directory);
        // The owner of a link decides where it leads.
        uint linkOwner = PosixFiles.LinkOwner(directory);
        if (owner != user || (linkOwner != user && linkOwner != Root))
        {
            throw new DatabaseException($"'{directory}' belongs to {PosixFiles.Describe(owner == user ? linkOwner : owner)}, not to {PosixFiles.Describe(user)}; choose another directory");
        }
    }

    private static ReportRecord? ReadRecord(string path, Action<string>? onProblem)
    {
        try
        {
            return DurableFile.Read(path, ReportsLimits.MaxJsonBytes, contents => Parse(contents, System.IO.Path.GetFileNameWithoutExtension(path)));
        }
        catch (Exception broken) when (broken is JsonException or InvalidDataException or SyscallException { Errno: not (Libc.EMFILE or Libc.ENFILE or Libc.ENOMEM) })
        {
            onProblem?.Invoke($"'{path}' is left out: {broken.Message}");
            return null;
        }
    }

    /// <exception cref="JsonException">It is no record.</exception>
    internal static ReportRecord Parse(ReadOnlySpan<byte> contents, string name)
    {
        JsonTexts.Require(contents, ReportsLimits.JsonDepth);
        ReportRecord? record = JsonSerializer.Deserialize(contents, ReportsJson.Default.ReportRecord);
        // The id becomes a path: what the file says must be what the file is called.
        return record?.Id != name || !Guid.TryParseExact(name, "D", out _) ? throw new JsonException("its id is not its name")
            : !Enum.IsDefined(record.State) ? throw new JsonException($"its state is {record.State}")
            : Problem(record) is { } problem ? throw new JsonException(problem)
            : record;
    }

    // What the converters let pass: they look at members, not into lists, and take numbers that they cannot write.
    private static string? Problem(ReportRecord record)
        => record.Parameters.Values.Contains(null!) || record.SoftErrors.Contains(null!) || record.Attachments.Contains(null!) || (record.Delivery.Headers?.Values.Contains(null!) ?? false)
            ? "a list in it has null"
            : !double.IsFinite(record.CaptureMilliseconds) || !double.IsFinite(record.FrozenMilliseconds ?? 0) ? "a time in it is infinite"
            // It becomes a path, and what is there is sent.
            : record.Attachments.FirstOrDefault(name => name is "." or ".." || name.IndexOfAny(s_notInNames) >= 0) is { } path ? $"its attachment '{path}' is no name of a file"
            : null;

    private IEnumerable<ReportRecord> ReadAll(string directory, Action<string>? onProblem)
        => RecordPaths(directory).Select(path => ReadRecord(path, onProblem)).OfType<ReportRecord>();

    private bool HasDump(ReportRecord report) => HasDump(report.Id, report.State);

    private bool HasDump(string id, ReportState state) => FiledPath(id, state, DumpExtension) is not null;

    private static string? IdOf(string path)
    {
        string name = System.IO.Path.GetFileName(path);
        string? extension = s_newExtensions.FirstOrDefault(end => name.EndsWith(end, StringComparison.Ordinal));
        return extension is null ? null : name[..^extension.Length];
    }

    internal static void Attempt(string path, Action sweep, Action<string>? tell)
    {
        try
        {
            sweep();
        }
        catch (SyscallException failure) when (failure.Errno == Libc.ENOENT)
        {
            // Filed or removed since it was listed.
        }
        catch (Exception failure) when (failure is SyscallException or DatabaseException or IOException or UnauthorizedAccessException or InvalidDataException)
        {
            tell?.Invoke($"'{path}' cannot be dealt with now: {failure.Message}");
        }
    }

    private void RecoverOne(string id, Action<string>? tell)
    {
        // Not claimed: a living handler writes or files it.
        using NewDump? dump = NewDump.TryClaim(FilePath(NewName, id, DumpExtension));
        if (dump is null)
        {
            return;
        }

        if (IsFiled(id))
        {
            // A claim on a death that was a report already, and nothing of that report.
            RemoveTemporaries(id);
            DurableFile.Remove(FilePath(NewName, id, RecordExtension));
            RemoveNewStacks(id);
            DurableFile.Remove(FilePath(NewName, id, DumpExtension));
        }
        else if (TryAdopt(id, dump, tell))
        {
            tell?.Invoke($"Report {id}: a handler ended between its dump and its filing; it is filed now");
        }
        else if (dump.IsFinished)
        {
            QuarantineNew(id, tell);
        }
        else
        {
            Discard(id);
            tell?.Invoke($"No report {id}: a handler ended while it captured; what it left is removed");
        }
    }

    /// <summary>Files a dump that its writer finished. Its caller has claimed it.</summary>
    private bool TryAdopt(string id, NewDump dump, Action<string>? tell = null)
    {
        if (!dump.IsFinished && !IsWithoutDump(id))
        {
            return false;
        }

        // Its writer died while it wrote one of them anew: the whole ones, which are there, count.
        RemoveTemporaries(id);
        if (ReadRecord(FilePath(NewName, id, RecordExtension), tell) is { } record)
        {
            if (dump.Length < record.DumpBytes)
            {
                return false;
            }

            File(record);
            return true;
        }

        string? directory = FiledNames.FirstOrDefault(name => System.IO.File.Exists(FilePath(name, id, RecordExtension)));
        if (directory is not null)
        {
            MoveDump(id, directory);
        }

        return directory is not null;
    }

    // Its empty dump never has a signature: the record alone says that it is whole. On its way, that is in new/ or where it is filed.
    private bool IsWithoutDump(string id)
    {
        foreach (string directory in (string[])[NewName, .. FiledNames])
        {
            if (ReadRecord(FilePath(directory, id, RecordExtension), onProblem: null) is { HasDump: false })
            {
                return true;
            }
        }

        return false;
    }

    private void MoveDump(string id, string directory, Action<FilingStep>? passed = null)
    {
        DurableFile.Rename(FilePath(NewName, id, DumpExtension), FilePath(directory, id, DumpExtension));
        passed?.Invoke(FilingStep.DumpMoved);
        DurableFile.SyncDirectory(System.IO.Path.Combine(Path, directory));
        passed?.Invoke(FilingStep.Filed);
    }

    private void Reopen(string id, Func<ReportRecord, ReportRecord> requested, Action<string>? tell)
    {
        if (Find(id) is not { } report || report.State == ReportState.Uploaded)
        {
            tell?.Invoke($"The upload of '{id}' was asked for, but there is no such report to be uploaded");
            return;
        }

        // As Find does: of two records, which a power cut may leave, the completed one counts.
        string directory = Enumerable.Reverse(FiledNames).First(name => System.IO.File.Exists(FilePath(name, id, RecordExtension)));
        DurableFile.Write(FilePath(directory, id, RecordExtension), Serialize(requested(report)));
        if (directory == CompletedName)
        {
            Move(id, CompletedName, PendingName);
        }
    }

    // A longer one is none of ours: the report goes where it goes anyway.
    private static string? UrlIn(string request)
        => new FileInfo(request).Length <= ReportsLimits.MaxUrlBytes && DurableFile.Read(request, ReportsLimits.MaxUrlBytes) is { Length: > 0 } url ? Encoding.UTF8.GetString(url) : null;

    // Each kind looked for in the order in which it moves, so that none is missed between two looks.
    private bool IsFiled(string id) => HasRecord(id) && FiledNames.Any(name => System.IO.File.Exists(FilePath(name, id, DumpExtension)));

    internal bool HasRecord(string id) => FiledNames.Any(name => System.IO.File.Exists(FilePath(name, id, RecordExtension)));

    // Nearly always it is where its state says; or it is on its way from one place to the other, and may have come back between two looks.
    private string? FiledPath(string id, ReportState state, string extension)
    {
        string preferred = FilePath(DirectoryOf(state), id, extension);
        string other = FilePath(DirectoryOf(state) == PendingName ? CompletedName : PendingName, id, extension);
        return ((string[])[preferred, other, preferred]).FirstOrDefault(System.IO.File.Exists);
    }

    internal string FilePath(string directory, string id, string extension) => System.IO.Path.Combine(Path, directory, id + extension);

    /// <summary>Moves what there is of a report; the record moves last.</summary>
    /// <exception cref="SyscallException">The disk failed.</exception>
    internal void Move(string id, string from, string to)
    {
        Require(to);
        string dump = FilePath(from, id, DumpExtension);
        if (System.IO.File.Exists(dump))
        {
            DurableFile.Rename(dump, FilePath(to, id, DumpExtension));
        }

        MoveStacks(id, from, to);
        DurableFile.Rename(FilePath(from, id, RecordExtension), FilePath(to, id, RecordExtension));
        DurableFile.SyncDirectory(System.IO.Path.Combine(Path, to));
        DurableFile.SyncDirectory(System.IO.Path.Combine(Path, from));
    }

    internal string AttachmentsOf(string id) => System.IO.Path.Combine(Path, AttachmentsName, id);

    private IEnumerable<string> Ids(string directory)
        => RecordPaths(directory).Select(path => System.IO.Path.GetFileNameWithoutExtension(path));

    internal IEnumerable<string> RecordPaths(string directory)
        => Directory.EnumerateFiles(System.IO.Path.Combine(Path, directory), "*" + RecordExtension).Where(path => !path.EndsWith(StacksExtension, StringComparison.Ordinal));
}
