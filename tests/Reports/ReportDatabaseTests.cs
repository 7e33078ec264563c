using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Reports;
using CrashHandler.Tests.Tools;
using Xunit;

namespace CrashHandler.Tests.Reports;

public sealed class ReportDatabaseTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode OwnersFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private static readonly DateTimeOffset s_then = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly string _directory = Directory.CreateTempSubdirectory("reports").FullName;
    private readonly string _path;
    private readonly ReportDatabase _database;

    public ReportDatabaseTests()
    {
        _path = Path.Combine(_directory, "deep", "db");
        _database = ReportDatabase.Create(_path);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void ItsDirectoriesAndFilesAreItsOwnersAlone()
    {
        ReportRecord report = SampleReport.File(_database, s_then);

        Assert.All(new[] { "", "new", "pending", "completed", "attachments" }, name => Assert.Equal(OwnerOnly, File.GetUnixFileMode(Path.Combine(_path, name))));
        Assert.Equal(OwnersFile, File.GetUnixFileMode(_database.DumpPath(report)));
        Assert.Equal(OwnersFile, File.GetUnixFileMode(Path.ChangeExtension(_database.DumpPath(report), ".json")));
    }

    [Fact]
    public void AFileInItsPlaceIsRefusedByItsPath()
    {
        string file = Path.Combine(_directory, "file");
        File.WriteAllText(file, "");

        Assert.Contains(file, Assert.Throws<DatabaseException>(() => ReportDatabase.Create(file)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void SomebodyElsesDirectoryIsRefused()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            Assert.Skip("needs root: only root can give a directory away");
        }

        string other = Path.Combine(_directory, "other");
        Directory.CreateDirectory(other);
        Assert.Equal(0, Mono.Unix.Native.Syscall.chown(other, 65534, 65534));

        Assert.Contains("belongs to uid 65534", Assert.Throws<DatabaseException>(() => ReportDatabase.Create(other)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AMissingOneIsNamed()
    {
        Assert.Contains("nowhere", Assert.Throws<DatabaseException>(() => ReportDatabase.OpenExisting(Path.Combine(_directory, "nowhere"))).Message, StringComparison.Ordinal);
        Directory.Delete(Path.Combine(_path, "pending"));
        Assert.Contains("'pending' is missing", Assert.Throws<DatabaseException>(() => ReportDatabase.OpenExisting(_path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void LookingAtADatabaseChangesNothing()
    {
        string[] before = Directory.GetFileSystemEntries(_path);

        Assert.Empty(ReportDatabase.OpenExisting(_path).List());

        Assert.Equal(before, Directory.GetFileSystemEntries(_path));
    }

    [Fact]
    public void ACommittedReportIsWholeAndSurvivesTheRecordsRoundTrip()
    {
        ReportRecord report = SampleReport.File(_database, s_then, dump: "MDMP the dump");

        ReportRecord listed = Assert.Single(_database.List());
        Assert.Equal(report.Id, listed.Id);
        Assert.Equal(("main", "SIGSEGV /SEGV_MAPERR", s_then), (listed.ProcessType, listed.Reason, listed.Created));
        Assert.Equal("värde", listed.Parameters["ключ"]);
        Assert.Equal("MDMP the dump", File.ReadAllText(_database.DumpPath(listed)));
        Assert.Empty(Directory.GetFiles(Path.Combine(_path, "new")));
    }

    [Fact]
    public void AReportThatIsNotCommittedLeavesNothing()
    {
        using (PendingReport report = _database.BeginReport())
        {
            report.Dump.Write("MDMP"u8);
            Assert.Single(Directory.GetFiles(Path.Combine(_path, "new")));
        }

        Assert.Empty(Directory.EnumerateFiles(_path, "*.dmp", SearchOption.AllDirectories));
        Assert.Empty(_database.List());
    }

    [Fact]
    public void WithUploadsOffAReportIsSkipped()
    {
        _database.Settings.SetUploads(false);

        ReportRecord report = SampleReport.File(_database, s_then);

        Assert.Equal(ReportState.Skipped, report.State);
        Assert.True(File.Exists(Path.Combine(_path, "completed", $"{report.Id}.dmp")));
    }

    [Fact]
    public void ADumpWithoutRecordAndARecordWithoutDumpAreNoReports()
    {
        ReportRecord without = SampleReport.File(_database, s_then);
        File.Delete(_database.DumpPath(without));
        File.WriteAllText(Path.Combine(_path, "pending", $"{Guid.NewGuid()}.dmp"), "MDMP");

        Assert.Empty(_database.List());
    }

    [Theory]
    [InlineData("{", null)]
    [InlineData("null", null)]
    [InlineData("{}", null)]
    [InlineData(null, "another name")]
    public void ABrokenRecordIsToldAndKept(string? content, string? name)
    {
        ReportRecord report = SampleReport.File(_database, s_then);
        string path = Path.Combine(_path, "pending", $"{report.Id}.json");
        string broken = name is null ? path : Path.Combine(_path, "pending", $"{Guid.NewGuid()}.json");
        File.WriteAllText(broken, content ?? File.ReadAllText(path));
        List<string> problems = [];

        _database.List(problems.Add);

        Assert.Contains(broken, Assert.Single(problems), StringComparison.Ordinal);
        Assert.True(File.Exists(broken));
    }

    [Fact]
    public void MembersOfALaterVersionSurviveAnUpdate()
    {
        ReportRecord report = SampleReport.File(_database, s_then);
        string path = Path.Combine(_path, "pending", $"{report.Id}.json");
        File.WriteAllText(path, File.ReadAllText(path).Insert(1, "\"later\": {\"x\": 1},"));

        _database.Update(_database.Find(report.Id)! with { Attempts = 3 });

        string after = File.ReadAllText(path);
        Assert.Contains("\"later\"", after, StringComparison.Ordinal);
        Assert.Equal(3, _database.Find(report.Id)!.Attempts);
    }

    [Fact]
    public void MembersThatAreMissingHaveTheirDefaults()
    {
        ReportRecord report = SampleReport.File(_database, s_then);
        string path = Path.Combine(_path, "pending", $"{report.Id}.json");
        System.Text.Json.Nodes.JsonObject json = System.Text.Json.Nodes.JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        json.Remove("softErrors");
        json.Remove("version");
        File.WriteAllText(path, json.ToJsonString());

        ReportRecord read = _database.Find(report.Id)!;

        Assert.Empty(read.SoftErrors);
        Assert.Equal(ReportRecord.CurrentVersion, read.Version);
    }

    [Theory]
    [InlineData(nameof(ReportState.Uploaded))]
    [InlineData(nameof(ReportState.Discarded))]
    [InlineData(nameof(ReportState.Failed))]
    public void AReportThatIsDoneWithMovesToCompleted(string state)
    {
        ReportRecord report = SampleReport.File(_database, s_then);

        _database.Update(report with { State = Enum.Parse<ReportState>(state) });

        Assert.Empty(Directory.GetFiles(Path.Combine(_path, "pending")));
        ReportRecord moved = Assert.Single(_database.List());
        Assert.Equal(Path.Combine(_path, "completed", $"{report.Id}.dmp"), _database.DumpPath(moved));
    }

    // After each number of steps of Update (store in place, move the dump, move the record), the handler was killed.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void AMoveThatWasInterruptedIsOneReportAndIsFinished(int steps)
    {
        ReportRecord report = SampleReport.File(_database, s_then);
        string record = Path.Combine(_path, "pending", $"{report.Id}.json");
        File.WriteAllText(record, File.ReadAllText(record).Replace("\"state\": \"pending\"", "\"state\": \"uploaded\"", StringComparison.Ordinal));
        if (steps >= 2)
        {
            File.Move(Path.Combine(_path, "pending", $"{report.Id}.dmp"), Path.Combine(_path, "completed", $"{report.Id}.dmp"));
        }

        if (steps >= 3)
        {
            File.Move(record, Path.Combine(_path, "completed", $"{report.Id}.json"));
        }

        Assert.Equal(ReportState.Uploaded, Assert.Single(_database.List()).State);
        _database.Sweep();

        ReportRecord swept = Assert.Single(_database.List());
        Assert.Equal(ReportState.Uploaded, swept.State);
        Assert.Equal(Path.Combine(_path, "completed", $"{report.Id}.dmp"), _database.DumpPath(swept));
        Assert.Empty(Directory.GetFiles(Path.Combine(_path, "pending")));
    }

    [Fact]
    public void ASweepTakesWhatADeadHandlerLeftAndNothingElse()
    {
        string abandoned = Path.Combine(_path, "new", $"{Guid.NewGuid()}.dmp");
        File.WriteAllText(abandoned, "MD");
        using PendingReport written = _database.BeginReport();

        _database.Sweep();

        Assert.False(File.Exists(abandoned));
        Assert.Single(Directory.GetFiles(Path.Combine(_path, "new")));
        Assert.False(File.Exists(Path.Combine(_path, "new", "x")));
    }

    [Fact]
    public void TheGuidIsMadeOnce()
    {
        Guid guid = _database.Settings.ClientId;

        Assert.NotEqual(Guid.Empty, guid);
        Assert.Equal(guid, ReportDatabase.OpenExisting(_path).Settings.ClientId);
    }

    [Fact]
    public void BrokenSettingsAreSetAsideAndTheGuidSurvives()
    {
        Guid guid = _database.Settings.ClientId;
        _database.Settings.SetUploads(false);
        File.WriteAllText(Path.Combine(_path, "settings.json"), "{");

        DatabaseSettings settings = ReportDatabase.Create(_path).Settings;

        Assert.False(settings.Uploads);
        Assert.Equal(guid, settings.ClientId);
        Assert.Single(Directory.GetFiles(_path, "settings.json.broken-*"));
    }

    [Fact]
    public void SettingsThatAreBrokenTwiceAreNeverResetSilently()
    {
        _ = _database.Settings.ClientId;
        File.WriteAllText(Path.Combine(_path, "settings.json"), "{");
        File.WriteAllText(Path.Combine(_path, "settings.json.bak"), "{");

        Assert.Throws<DatabaseException>(() => ReportDatabase.Create(_path).Settings.ClientId);
        Assert.Throws<DatabaseException>(() => ReportDatabase.Create(_path).Settings.ClientId);
    }

    [Fact]
    public void SettingsSurviveManyWritersAtOnce()
    {
        Guid guid = _database.Settings.ClientId;

        Parallel.For(0, 40, i => ReportDatabase.OpenExisting(_path).Settings.SetUploads(i % 2 == 0));

        _ = _database.Settings.Uploads;
        Assert.Equal(guid, ReportDatabase.OpenExisting(_path).Settings.ClientId);
        Assert.Empty(Directory.GetFiles(_path, "*.broken-*"));
    }

    [Fact]
    public void AnOperatorsLockHoldsWhateverTheApplicationSays()
    {
        _ = _database.Settings.ClientId;
        string path = Path.Combine(_path, "settings.json");
        File.WriteAllText(path, File.ReadAllText(path).Replace("\"operatorUploadsOff\": false", "\"operatorUploadsOff\": true", StringComparison.Ordinal));

        _database.Settings.SetUploads(true);

        Assert.True(_database.Settings.Uploads);
        Assert.False(_database.Settings.IsUploadAllowed);
    }

    [Fact]
    public void ALockThatIsHeldIsNotTakenTwice()
    {
        using FileDescriptor? held = _database.TryLockUploads();
        Assert.NotNull(held);
        Assert.Null(_database.TryLockUploads());
    }
}
