using CrashHandler.Handler.Minidump;
using CrashHandler.Handler.Minidump.Format;
using CrashHandler.Handler.Reports;

namespace CrashHandler.Tests.Reports;

/// <summary>A database in a directory of its own, removed with it.</summary>
internal sealed class TestDatabase : IDisposable
{
    /// <summary>What every dump here holds: a header and a directory without streams, so that one can be added.</summary>
    public static readonly byte[] Dump =
    [
        .. "MDMP"u8, 0x93, 0xa7, 0, 0, 0, 0, 0, 0, MinidumpHeader.Size, .. new byte[19],
        .. new byte[MinidumpLimits.MaxStreamsWritten * MinidumpDirectory.Size], .. Enumerable.Range(0, 256).Select(value => (byte)value),
    ];

    /// <summary>What every document of stacks here holds.</summary>
    public static readonly byte[] Stacks = [.. """{"version":1,"source":"None","threads":[]}"""u8];

    private static readonly DateTimeOffset s_created = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("crash-handler-reports-");

    public TestDatabase()
    {
        // Under a umask that takes the owner's rights he could not enter it, unless he is root.
        _directory.UnixFileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        Database = ReportDatabase.Create(_directory.FullName);
    }

    public ReportDatabase Database { get; }

    public string Root => _directory.FullName;

    public static ReportRecord Record(Guid id, int minute = 0, string? url = null) => new()
    {
        Id = id.ToString(),
        State = ReportState.Pending,
        Created = s_created.AddMinutes(minute),
        ProcessId = 42,
        ThreadId = 43,
        ProcessType = "main",
        Executable = "/bin/victim",
        Reason = "SIGSEGV /SEGV_MAPERR",
        Signal = 11,
        Code = 1,
        Address = 0xdead,
        Delivery = new ReportDelivery(url),
        Parameters = new Dictionary<string, string> { ["prod"] = ".NET", ["minute"] = $"{minute}" },
    };

    /// <summary>Files a report as the handler does.</summary>
    public ReportRecord File(int minute = 0, string? url = null, Func<ReportRecord, ReportRecord>? with = null)
    {
        using PendingReport report = Begin();
        ReportRecord record = Record(report.Id, minute, url);
        report.Commit(with?.Invoke(record) ?? record, dump => dump.Write(Dump));
        return Only(report.Id.ToString());
    }

    /// <summary>Files a report that has all that one can have: stacks, an attachment, a heap dump.</summary>
    public ReportRecord FileWhole(bool isPending, int minute = 0)
    {
        string id;
        using (PendingReport report = Begin())
        {
            id = report.Id.ToString();
            System.IO.File.WriteAllText(Path.Combine(Database.CreateAttachments(id), "log"), "what happened");
            report.Write(Record(report.Id, minute) with { Attachments = ["log"] }, dump => dump.Write(Dump));
            AddStacks(report);
            report.File(record =>
            {
                System.IO.File.WriteAllText(Database.BeginHeapDump(id), "core");
                Database.FileHeapDump(id);
                return record;
            });
        }

        if (!isPending)
        {
            Database.Update(Only(id) with { State = ReportState.Failed });
        }

        return Only(id);
    }

    /// <summary>Adds the document of stacks as the handler does.</summary>
    public static void AddStacks(PendingReport report)
        => report.AddStacks(Stacks, (dump, passed) => AppendedStream.Append(dump, MinidumpStreamType.CrashHandlerStacks, Stacks, passed));

    /// <summary>Begins the report of a death of its own.</summary>
    public PendingReport Begin(Action<FilingStep>? passed = null) => Database.BeginReport(Guid.NewGuid(), passed)!;

    /// <summary>What a handler does that looks for work.</summary>
    public void Sweep(Action<string>? tell = null)
    {
        Database.Recover(tell);
        Database.Sweep(tell);
    }

    public ReportRecord Only(string id) => Database.List().Single(report => report.Id == id);

    /// <summary>The reports that an uploader would find.</summary>
    public List<ReportRecord> ListPending() => [.. Database.PendingIds().Select(Database.FindPending).OfType<ReportRecord>()];

    /// <summary>A report's dump, as an uploader reads it.</summary>
    public static byte[] ReadDump(ReportDatabase database, ReportRecord report)
    {
        using FileStream dump = DurableFile.OpenStream(database.DumpPath(report));
        byte[] bytes = new byte[dump.Length];
        dump.ReadExactly(bytes);
        return bytes;
    }

    public string PathOf(string directory, string name) => Path.Combine(Root, directory, name);

    /// <summary>Names of all files in the report directories, as <c>pending/x.dmp</c>.</summary>
    public string[] Files()
        => [.. new[] { "new", "pending", "completed" }.SelectMany(name => Directory.EnumerateFiles(Path.Combine(Root, name)).Select(path => Path.GetRelativePath(Root, path))).Order()];

    /// <summary>Paths of all files, from the root on; links are one, too.</summary>
    public string[] AllFiles()
        => [.. Directory.EnumerateFileSystemEntries(Root, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None })
            .Where(path => (System.IO.File.GetAttributes(path) & FileAttributes.Directory) == 0 || new FileInfo(path).LinkTarget is not null)
            .Select(path => Path.GetRelativePath(Root, path)).Where(path => !path.EndsWith(".lock", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    /// <summary>Copies everything as it is now, and none of its locks.</summary>
    public void CopyTo(TestDatabase target)
    {
        foreach (string file in AllFiles())
        {
            string to = Path.Combine(target.Root, file);
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            // Not by .NET's own means, which a filer's lock keeps away.
            using FileStream from = DurableFile.OpenStream(Path.Combine(Root, file));
            using FileStream copy = System.IO.File.Create(to);
            from.CopyTo(copy);
        }
    }

    public void Dispose() => _directory.Delete(recursive: true);
}
