using CrashHandler.Handler.Reports;
using Xunit;

namespace CrashHandler.Tests.Reports;

/// <summary>Heap dumps in the database: beside their report, and gone with it.</summary>
public sealed class HeapDumpTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly TestDatabase _database = new();

    private string Folder => Path.Combine(_database.Root, "heapdumps");

    public void Dispose() => _database.Dispose();

    [Fact]
    public void WhatIsAddedOnceTheDumpIsSafeIsInTheReport()
    {
        using PendingReport report = _database.Begin();
        string id = report.Id.ToString();
        report.Commit(TestDatabase.Record(report.Id), dump => dump.Write(TestDatabase.Dump), record =>
        {
            // Whoever comes now, after a kill, finds a whole dump and a record to file it with.
            Assert.Equal([$"new/{id}.dmp", $"new/{id}.json"], _database.Files());
            Make(id);
            return record with { SoftErrors = ["one more"] };
        });

        ReportRecord filed = _database.Only(id);
        Assert.Equal(["one more"], filed.SoftErrors);
        Assert.Equal(Path.Combine(Folder, $"{id}.core"), _database.Database.HeapDumpPath(filed));
        Assert.Equal(OwnerOnly, File.GetUnixFileMode(Folder));
        _database.Sweep();
        Assert.NotNull(_database.Database.HeapDumpPath(filed));
    }

    [Fact]
    public void ItGoesWithItsReport()
    {
        ReportRecord report = _database.File();
        Make(report.Id);

        new ReportDeletion(_database.Database).Delete([report.Id], problem => Assert.Fail(problem), out _);

        Assert.Empty(Directory.GetFiles(Folder));
    }

    [Fact]
    public void HalfAHeapDumpIsSweptWhenNobodyMakesItAnyMore()
    {
        PendingReport report = _database.Begin();
        string half = _database.Database.BeginHeapDump(report.Id.ToString());
        File.WriteAllText(half, "half");

        _database.Sweep();
        Assert.True(File.Exists(half), "it was swept while it was made");
        report.Commit(TestDatabase.Record(report.Id), dump => dump.Write(TestDatabase.Dump));
        report.Dispose();
        _database.Sweep();

        Assert.False(File.Exists(half));
        Assert.Null(_database.Database.HeapDumpPath(_database.Only(report.Id.ToString())));
    }

    [Fact]
    public void AReportThatIsNotToBeTakesItAlong()
    {
        using (PendingReport report = _database.Begin())
        {
            Make(report.Id.ToString());
        }

        Assert.Empty(Directory.GetFiles(Folder));
    }

    private void Make(string id)
    {
        File.WriteAllText(_database.Database.BeginHeapDump(id), "core");
        _database.Database.FileHeapDump(id);
    }
}
