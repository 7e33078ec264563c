using CrashHandler.Handler.Cli;
using CrashHandler.Handler.Reports;
using CrashHandler.Tests.Reports;
using Xunit;

namespace CrashHandler.Tests.Cli;

public sealed class ArrivingReportsTests : IDisposable
{
    private readonly TestDatabase _database = new();

    [Fact]
    public void EachIsThereOnce()
    {
        _database.File(1);
        ArrivingReports arriving = new(_database.Database, new ReportFilter(), former: 0);
        Assert.Empty(arriving.Next());
        ReportRecord second = _database.File(3);
        ReportRecord first = _database.File(2, with: record => record with { State = ReportState.Skipped });
        Assert.Equal([first.Id, second.Id], arriving.Next().Select(report => report.Id));
        Assert.Empty(arriving.Next());
    }

    [Fact]
    public void TheNewestOfThoseThatAreThere()
    {
        ReportRecord[] there = [_database.File(1), _database.File(2), _database.File(3, with: record => record with { ProcessType = "renderer" })];
        ArrivingReports arriving = new(_database.Database, new ReportFilter { Type = "main" }, former: 1);
        Assert.Equal([there[1].Id], arriving.Next().Select(report => report.Id));
        Assert.Empty(arriving.Next());
    }

    /// <summary>Between the record's and the dump's arrival it is no report, and is not taken for one that was told.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    public void AReportThatIsBeingFiledComesWhenItIsThere(int former)
    {
        ReportRecord report = _database.File(1);
        string dump = _database.Database.DumpPath(report);
        File.Move(dump, dump + ".away");
        ArrivingReports arriving = new(_database.Database, new ReportFilter(), former);
        Assert.Empty(arriving.Next());
        File.Move(dump + ".away", dump);
        Assert.Equal([report.Id], arriving.Next().Select(found => found.Id));
    }

    [Fact]
    public void AReportThatIsSentIsNoNewOne()
    {
        ReportRecord report = _database.File(1);
        ArrivingReports arriving = new(_database.Database, new ReportFilter(), former: 0);
        Assert.Empty(arriving.Next());
        _database.Database.Update(report with { State = ReportState.Uploaded });
        Assert.Empty(arriving.Next());
    }

    public void Dispose() => _database.Dispose();
}
