using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Reports;
using CrashHandler.Tests.Tools;
using Xunit;

namespace CrashHandler.Tests.Reports;

/// <summary>When a database is looked through, and that what the policy says is done to its files.</summary>
public sealed class RetentionTests : IDisposable
{
    private const int Depth = 20;
    private const string Above = "-above";

    private static readonly string s_longName = new('d', 250);

    private readonly TestDatabase _database = new();
    private readonly ManualTimeProvider _time = new();
    private readonly List<string> _told = [];

    public void Dispose() => _database.Dispose();

    [Fact]
    public void AtTheStartWhatIsOldGoes()
    {
        ReportRecord old = File(minute: 0), young = File(minute: 2);
        _time.ShiftWallClock(young.Created.AddMinutes(-1) + RetentionLimits.Default.MaxAge - _time.GetUtcNow());

        Retention(RetentionLimits.Default).Look();

        AssertLeft(young);
        Assert.Contains($"Report {old.Id}, which was not sent, of 2026-01-02 03:04:05Z is removed: it is older than 365 days", Assert.Single(_told));
    }

    [Fact]
    public void DailyIsDailyAndTheDayIsCountedBothWays()
    {
        ReportRecord old = File(minute: 0), young = File(minute: 60);
        Retention retention = Retention(new RetentionLimits(TimeSpan.FromDays(10), 1 << 20, 10));
        retention.Look();
        _time.Advance(old.Created.AddDays(10).AddMinutes(1) - TimeSpan.FromDays(1) - _time.GetUtcNow());
        retention.Look();
        AssertLeft(old, young);
        _time.Advance(ReportsLimits.RetentionInterval - TimeSpan.FromTicks(1));
        string broken = _database.PathOf("pending", $"{Guid.NewGuid()}.dmp");
        System.IO.File.WriteAllBytes(broken, TestDatabase.Dump);

        // It is over the limit, but nobody looks before the day is over.
        retention.Look();
        AssertLeft(old, young);
        Assert.True(System.IO.File.Exists(broken));
        _time.Advance(TimeSpan.FromTicks(1));
        retention.Look();

        AssertLeft(young);
        Assert.False(System.IO.File.Exists(broken), "it was not swept");
        Assert.Single(_database.Database.Quarantine.Stock());
        // A clock that was set back: a day of it is one as well.
        System.IO.File.WriteAllBytes(broken, TestDatabase.Dump);
        _time.ShiftWallClock(-ReportsLimits.RetentionInterval);
        retention.Look();
        Assert.False(System.IO.File.Exists(broken), "it was not swept");
    }

    /// <summary>Ten years, and a year that it is set back: only what is still old when it has had a day to be set right goes.</summary>
    [Fact]
    public void AClockThatGoesAheadRemovesNothingUntilItHasSaidSoForADay()
    {
        ReportRecord first = File(minute: 0), second = File(minute: 1), third = File(minute: 2);
        Retention retention = Retention(RetentionLimits.Default with { MaxReports = 3 });
        retention.Look();
        _time.ShiftWallClock(TimeSpan.FromDays(3_650));
        retention.Look();
        _time.Advance(TimeSpan.FromHours(23));
        retention.Look();
        AssertLeft(first, second, third);
        Assert.Contains("The clock went ahead by 3650.0 days: for 24 hours nothing is removed for its age", Assert.Single(_told));

        // The other limits hold.
        ReportRecord fourth = File(minute: 3);
        retention.Look();
        AssertLeft(second, third, fourth);

        // Set right: nothing is old.
        _time.ShiftWallClock(TimeSpan.FromDays(-3_650));
        _time.Advance(TimeSpan.FromDays(2));
        retention.Look();
        AssertLeft(second, third, fourth);

        // It stays ahead: then that is the time.
        _time.ShiftWallClock(TimeSpan.FromDays(3_650));
        retention.Look();
        AssertLeft(second, third, fourth);
        _time.Advance(ReportsLimits.ClockPatience);
        retention.Look();
        AssertLeft(fourth);
    }

    [Fact]
    public void AReportThatIsOneTooManyHasTheOldestGoAtOnce()
    {
        Retention retention = Retention(new RetentionLimits(TimeSpan.FromDays(365), 1 << 20, 2));
        ReportRecord first = File(minute: 0), second = File(minute: 1);
        retention.Look();
        AssertLeft(first, second);
        ReportRecord third = File(minute: 2);

        retention.Look();

        AssertLeft(second, third);
    }

    [Fact]
    public void AttachmentsStacksHeapDumpsAndQuarantineCountAndEachGoes()
    {
        ReportRecord[] reports = [.. Enumerable.Range(0, 3).Select(minute => _database.FileWhole(isPending: false, minute))];
        StoredItem one = new DatabaseStock(_database.Database).Of(reports[0]);
        Assert.Equal(_database.AllFiles().Where(file => file.Contains(reports[0].Id)).Sum(file => new FileInfo(Path.Combine(_database.Root, file)).Length), one.Bytes + one.HeapDumpBytes);
        Assert.Equal(4, one.HeapDumpBytes);
        System.IO.File.WriteAllBytes(_database.PathOf("pending", $"{Guid.NewGuid()}.dmp"), TestDatabase.Dump);
        _database.Sweep();
        long all = new DatabaseStock(_database.Database).Measure(out int count);
        Assert.Equal((3, (3 * (one.Bytes + one.HeapDumpBytes)) + TestDatabase.Dump.Length), (count, all));

        // One byte too many, without the newest one's heap dump: the quarantine.
        Retention(Bytes(all - one.HeapDumpBytes - 1)).Look();
        Assert.Empty(_database.Database.Quarantine.Stock());
        AssertLeft(reports);
        // Then the oldest heap dump, its report stays.
        Retention(Bytes(all - TestDatabase.Dump.Length - 1)).Look();
        Assert.Equal([null, $"{reports[1].Id}.core", $"{reports[2].Id}.core"], reports.Select(report => Path.GetFileName(_database.Database.HeapDumpPath(report))));
        AssertLeft(reports);
        // Then the other one and the oldest report.
        Retention(Bytes((2 * one.Bytes) + 4)).Look();

        AssertLeft(reports[1..]);
        Assert.Equal(9, _database.AllFiles().Count(file => reports.Any(report => file.Contains(report.Id))));
        Assert.Equal(4, _told.Count);

        static RetentionLimits Bytes(long bytes) => new(TimeSpan.FromDays(365), bytes, 10);
    }

    [Fact]
    public void WhatIsSentHeldOrAskedForStays()
    {
        ReportRecord sent = File(minute: 0, isPending: true), asked = File(minute: 1), explicitly = File(minute: 2, isPending: true), other = File(minute: 3, isPending: true), newest = File(minute: 4);
        _database.Database.Request(asked.Id);
        _database.Database.Update(explicitly with { ExplicitRequest = true });
        Retention retention = Retention(new RetentionLimits(TimeSpan.FromDays(365), 1 << 20, 1));
        using (_database.Database.Use(sent))
        {
            retention.Look();
            AssertLeft(sent, asked, explicitly, newest);
        }

        retention.Look();

        AssertLeft(asked, explicitly, newest);
        Assert.Contains("which was not sent", _told[0]);
        Assert.Contains(other.Id, _told[0]);
    }

    [Fact]
    public void AReportThatCannotBeOpenedStaysAndTheOthersGo()
    {
        ReportRecord odd = File(minute: 0), old = File(minute: 1), newest = File(minute: 2);
        string dump = _database.PathOf("completed", $"{odd.Id}.dmp");
        System.IO.File.Move(dump, Path.Combine(_database.Root, "elsewhere"));
        System.IO.File.CreateSymbolicLink(dump, Path.Combine(_database.Root, "elsewhere"));

        Retention(new RetentionLimits(TimeSpan.FromDays(365), 1 << 20, 1)).Look();

        AssertLeft(odd, newest);
        Assert.Contains(old.Id, Assert.Single(_told));
    }

    [Fact]
    public void WhatIsInQuarantineGoesAYearAfterItCameThere()
    {
        System.IO.File.WriteAllBytes(_database.PathOf("pending", $"{Guid.NewGuid()}.dmp"), TestDatabase.Dump);
        _database.Sweep();
        // The file system's clock is the real one.
        _time.ShiftWallClock(DateTimeOffset.UtcNow.AddDays(364) - _time.GetUtcNow());
        Retention retention = Retention(RetentionLimits.Default);
        retention.Look();
        Assert.Single(_database.Database.Quarantine.Stock());

        _time.Advance(TimeSpan.FromDays(2));
        retention.Look();

        Assert.Empty(_database.Database.Quarantine.Stock());
        Assert.Contains("older than 365 days", Assert.Single(_told));
    }

    [Fact]
    public void ADirectoryInQuarantineGoesWhole()
    {
        string id = Guid.NewGuid().ToString();
        System.IO.File.WriteAllText(Path.Combine(_database.Database.CreateAttachments(id), "log"), "text");
        _database.Sweep();
        Assert.Equal(4, Assert.Single(_database.Database.Quarantine.Stock()).Bytes);

        Retention(new RetentionLimits(TimeSpan.FromDays(365), 1, 10)).Look();

        Assert.Empty(Directory.EnumerateFileSystemEntries(_database.Database.Quarantine.Path));
    }

    [Fact]
    public void WhatCannotBeLookedThroughIsToldAndEndsNothing()
    {
        ReportRecord report = File(minute: 0);
        string pending = Path.Combine(_database.Root, "pending");
        Directory.Delete(pending);
        Retention retention = Retention(RetentionLimits.Default);

        retention.Look();

        Assert.Contains("cannot be looked through now", Assert.Single(_told));
        Directory.CreateDirectory(pending);
        retention.Look();
        Assert.Single(_told);
        AssertLeft(report);
    }

    /// <summary>One thing in the way keeps nothing else from being counted and from going.</summary>
    [Theory]
    [InlineData("quarantine/odd")]
    [InlineData("attachments/{id}")]
    public void WhatCannotBeLookedAtIsToldOnceAndLeftOut(string place)
    {
        ReportRecord old = File(minute: 0), newest = File(minute: 1);
        System.IO.File.WriteAllBytes(_database.PathOf("pending", $"{Guid.NewGuid()}.dmp"), TestDatabase.Dump);
        _database.Sweep();
        string other = Assert.Single(_database.Database.Quarantine.Stock()).Id;
        DatabaseStock stock = new(_database.Database, _told.Add);
        long rest = stock.Measure(out _);
        string odd = Path.Combine(_database.Root, place.Replace("{id}", newest.Id, StringComparison.Ordinal));
        Dig(odd);

        Assert.Equal((rest, 2), (stock.Measure(out int reports), reports));
        Assert.StartsWith($"'{odd}' cannot be looked at, and is left alone: ", Assert.Single(_told), StringComparison.Ordinal);
        _told.Clear();
        Retention retention = Retention(new RetentionLimits(TimeSpan.FromDays(365), 1, 10));
        retention.Look();
        retention.Look();

        AssertLeft(newest);
        Assert.False(System.IO.File.Exists(_database.Database.Quarantine.PathOf(other)), "what is beside it stayed");
        Assert.Equal(1, _told.Count(line => line.Contains($"'{odd}' cannot be looked at", StringComparison.Ordinal)));
        Assert.Equal(1, _told.Count(line => line.Contains(old.Id, StringComparison.Ordinal)));
        Assert.Equal(3, _told.Count);
        Assert.True(Directory.Exists(odd));
        // Else nobody can remove it.
        Fill(odd);
    }

    [Fact]
    public void ADryRunChangesNothing()
    {
        ReportRecord[] reports = [.. Enumerable.Range(0, 3).Select(minute => _database.FileWhole(isPending: false, minute))];
        System.IO.File.WriteAllBytes(_database.PathOf("pending", $"{Guid.NewGuid()}.dmp"), TestDatabase.Dump);
        string[] before = _database.AllFiles();
        Retention retention = Retention(new RetentionLimits(TimeSpan.FromDays(365), 1 << 20, 1));

        PruneOutcome would = retention.Prune(isDryRun: true);

        Assert.Equal(before, _database.AllFiles());
        PruneOutcome does = retention.Prune(isDryRun: false);
        Assert.Equal(reports[..2].Select(report => report.Id), would.Removed.Select(removal => removal.Item.Id));
        Assert.Equal(would.Removed, does.Removed);
        Assert.Equal((1, 2, true), (would.Kept.Count, does.Kept.Count, does.HasEnded));
        AssertLeft(reports[2]);
    }

    [Fact]
    public void WhileAnotherHandlerHasTheLockReportsAreGoneAndTheirRoomComesBackLater()
    {
        ReportRecord old = File(minute: 0), young = File(minute: 1);
        using (FileDescriptor uploader = _database.Database.TryLockUploads()!)
        {
            PruneOutcome outcome = Retention(new RetentionLimits(TimeSpan.FromDays(365), 1 << 20, 1)).Prune(isDryRun: false);

            Assert.Equal(old.Id, Assert.Single(outcome.Removed).Item.Id);
            Assert.False(outcome.HasEnded);
            Assert.Equal(young.Id, Assert.Single(_database.Database.List()).Id);
        }

        Retention(RetentionLimits.Default).Look();
        AssertLeft(young);
    }

    private ReportRecord File(int minute, bool isPending = false)
        => _database.File(minute, with: isPending ? null : record => record with { State = ReportState.Skipped });

    private Retention Retention(RetentionLimits limits) => new(_database.Database, limits, _time, _told.Add);

    // Deeper than a path can say (PATH_MAX): no mode of a directory keeps root out. From below, so that the whole path is never said.
    private static void Dig(string path)
    {
        Directory.CreateDirectory(Path.Combine(path, s_longName));
        for (int i = 0; i < Depth; i++)
        {
            Directory.Move(path, path + Above);
            Directory.CreateDirectory(path);
            Directory.Move(path + Above, Path.Combine(path, s_longName));
        }
    }

    private static void Fill(string path)
    {
        for (int i = 0; i < Depth; i++)
        {
            Directory.Move(Path.Combine(path, s_longName), path + Above);
            Directory.Delete(path);
            Directory.Move(path + Above, path);
        }
    }

    // And nothing of any other.
    private void AssertLeft(params ReportRecord[] reports)
    {
        Assert.Equal(reports.Select(report => report.Id).Order(), _database.Database.List().Select(report => report.Id).Order());
        Assert.DoesNotContain(_database.Files().Where(file => Path.GetFileName(file).Length > 36), file => file.EndsWith(".json") && reports.All(report => !file.Contains(report.Id)));
    }
}
