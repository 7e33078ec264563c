using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Reports;
using Xunit;

namespace CrashHandler.Tests.Reports;

/// <summary>
/// Deleted reports leave nothing. Killed at each step of it (the directory is copied there, and nobody holds a copy's locks), the report is whole or none for every reader, and the
/// next sweep leaves nothing of it, nor anything in quarantine.
/// </summary>
public sealed class DeletionTests : IDisposable
{
    private readonly TestDatabase _database = new();
    private readonly TestDatabase _left = new();

    public static TheoryData<string, bool> Steps
    {
        get
        {
            TheoryData<string, bool> data = [];
            foreach (DeletionStep step in Enum.GetValues<DeletionStep>())
            {
                data.Add(step.ToString(), true);
                data.Add(step.ToString(), false);
            }

            return data;
        }
    }

    public void Dispose()
    {
        _database.Dispose();
        _left.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AllThatBelongsToItGoes(bool isPending)
    {
        ReportRecord other = _database.FileWhole(isPending);
        string[] before = _database.AllFiles();
        ReportRecord report = _database.FileWhole(isPending);
        List<string> told = [];

        Assert.Empty(new ReportDeletion(_database.Database).Delete([report.Id], told.Add, out bool hasEnded));

        Assert.True(hasEnded);
        Assert.Equal(before, _database.AllFiles());
        Assert.Equal(other.Id, Assert.Single(_database.Database.List()).Id);
        Assert.Null(_database.Database.Find(report.Id));
        Assert.Empty(told);
    }

    [Theory]
    [MemberData(nameof(Steps))]
    public void KilledAtAnyStepItIsNoneAndTheNextSweepEndsIt(string step, bool isPending)
    {
        ReportRecord other = _database.FileWhole(isPending);
        string[] before = _database.AllFiles();
        ReportRecord report = _database.FileWhole(isPending);
        bool isReached = false;
        ReportDeletion deletion = new(_database.Database, passed =>
        {
            if (passed.ToString() == step && !isReached)
            {
                isReached = true;
                _database.CopyTo(_left);
            }
        });
        Assert.Empty(deletion.Delete([report.Id], problem => Assert.Fail(problem), out _));
        Assert.True(isReached);

        Assert.Null(_left.Database.Find(report.Id));
        Assert.Null(_left.Database.FindPending(report.Id));
        Assert.Equal(other.Id, Assert.Single(_left.Database.List()).Id);
        _left.Sweep(problem => Assert.Fail(problem));

        Assert.Equal(before, _left.AllFiles());
        Assert.Equal(other.Id, Assert.Single(_left.Database.List()).Id);
    }

    [Fact]
    public void OfManyEachIsWholeOrNoneWhereverItStops()
    {
        List<ReportRecord> reports = [.. Enumerable.Range(0, 3).Select(i => _database.FileWhole(i > 0))];
        int count = 0;
        ReportDeletion deletion = new(_database.Database, passed =>
        {
            if (passed == DeletionStep.Begun && ++count == 2)
            {
                _database.CopyTo(_left);
            }
        });
        deletion.Delete(reports.Select(report => report.Id), problem => Assert.Fail(problem), out _);

        Assert.Equal(reports[2].Id, Assert.Single(_left.Database.List()).Id);
        _left.Sweep(problem => Assert.Fail(problem));

        Assert.Equal(reports[2].Id, Assert.Single(_left.Database.List()).Id);
        Assert.Equal(5, _left.AllFiles().Count(file => file.Contains(reports[2].Id)));
        Assert.DoesNotContain(_left.AllFiles(), file => !file.Contains(reports[2].Id) && file.Contains('/'));
    }

    [Fact]
    public void WhatIsSentOrHeldStaysAndTheOthersGo()
    {
        ReportRecord sent = _database.FileWhole(isPending: true), other = _database.FileWhole(isPending: true);
        using PendingReport held = _database.Begin();
        held.Commit(TestDatabase.Record(held.Id), dump => dump.Write(TestDatabase.Dump));
        using (_database.Database.Use(sent))
        {
            // As an uploader does who sends what its filer still holds.
            using FileDescriptor second = _database.Database.Use(_database.Only(held.Id.ToString()));

            Assert.Equal([sent.Id, held.Id.ToString()], new ReportDeletion(_database.Database).Delete([sent.Id, other.Id, held.Id.ToString()], problem => Assert.Fail(problem), out bool hasEnded));

            Assert.True(hasEnded);
        }

        Assert.Equal([sent.Id, held.Id.ToString()], _database.Database.List().Select(report => report.Id).Order().OrderBy(id => id == sent.Id ? 0 : 1));
        Assert.Empty(new ReportDeletion(_database.Database).Delete([sent.Id], problem => Assert.Fail(problem), out _));
        Assert.Equal(held.Id.ToString(), Assert.Single(_database.Database.List()).Id);
    }

    [Fact]
    public void WhileAnotherHandlerHasTheLockItIsNoReportAndThatOneEndsIt()
    {
        ReportRecord report = _database.FileWhole(isPending: true);
        using (FileDescriptor uploader = _database.Database.TryLockUploads()!)
        {
            Assert.Empty(new ReportDeletion(_database.Database).Delete([report.Id], problem => Assert.Fail(problem), out bool hasEnded));

            Assert.False(hasEnded);
            Assert.Empty(_database.Database.List());
            Assert.True(File.Exists(_database.PathOf("pending", $"{report.Id}.dmp")));
            // The uploader was at it, and stores what became of it.
            _database.Database.Update(report with { State = ReportState.Uploaded });
            new ReportDeletion(_database.Database).End(problem => Assert.Fail(problem));
        }

        Assert.DoesNotContain(_database.AllFiles(), file => file.Contains(report.Id));
    }

    [Fact]
    public void WhatAnUploaderStoresOnceMoreGoesAsWell()
    {
        ReportRecord report = _database.FileWhole(isPending: true);
        string path = _database.PathOf("pending", $"{report.Id}.json");
        byte[] record = File.ReadAllBytes(path);
        new ReportDeletion(_database.Database).Begin([report.Id]);
        File.WriteAllBytes(path, record);

        _database.Sweep(problem => Assert.Fail(problem));

        Assert.DoesNotContain(_database.AllFiles(), file => file.Contains(report.Id));
    }

    [Fact]
    public void WhatIsInBothPlacesGoesFromBoth()
    {
        ReportRecord report = _database.FileWhole(isPending: true);
        string pending = _database.PathOf("pending", report.Id);
        (byte[] record, byte[] dump) = (File.ReadAllBytes(pending + ".json"), File.ReadAllBytes(pending + ".dmp"));
        _database.Database.Update(report with { State = ReportState.Failed });
        File.WriteAllBytes(pending + ".json", record);
        File.WriteAllBytes(pending + ".dmp", dump);

        new ReportDeletion(_database.Database).Delete([report.Id], problem => Assert.Fail(problem), out _);

        Assert.DoesNotContain(_database.AllFiles(), file => file.Contains(report.Id));
    }

    [Fact]
    public void LinksAndWhatIsNotNamedAsOursAreLeft()
    {
        ReportRecord report = _database.FileWhole(isPending: true);
        string elsewhere = Directory.CreateDirectory(Path.Combine(_database.Root, "elsewhere")).FullName;
        File.WriteAllText(Path.Combine(elsewhere, "mine"), "mine");
        string attachments = _database.PathOf("attachments", report.Id);
        Directory.Delete(attachments, recursive: true);
        Directory.CreateSymbolicLink(attachments, elsewhere);
        File.WriteAllText(_database.PathOf("deletions", "notes"), "");

        new ReportDeletion(_database.Database).Delete([report.Id], problem => Assert.Fail(problem), out bool hasEnded);

        Assert.True(hasEnded);
        Assert.Empty(_database.Database.List());
        Assert.True(File.Exists(Path.Combine(elsewhere, "mine")));
        Assert.True(File.Exists(_database.PathOf("deletions", "notes")));
    }

    [Fact]
    public void WhatCannotBeRemovedNowIsTriedAgain()
    {
        ReportRecord report = _database.FileWhole(isPending: true);
        string dump = _database.PathOf("pending", $"{report.Id}.dmp");
        File.Delete(dump);
        Directory.CreateDirectory(dump);
        List<string> told = [];
        ReportDeletion deletion = new(_database.Database);
        // Not whole any more, but a deletion was begun before that.
        File.Move(_database.PathOf("pending", $"{report.Id}.json"), _database.PathOf("deletions", report.Id));

        deletion.End(told.Add);

        Assert.Contains("unlink", Assert.Single(told));
        Assert.True(deletion.IsBegun(report.Id));
        Directory.Delete(dump);
        deletion.End(told.Add);
        Assert.Single(told);
        Assert.DoesNotContain(_database.AllFiles(), file => file.Contains(report.Id));
    }
}
