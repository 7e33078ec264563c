using CrashHandler.Handler.Reports;
using Xunit;

namespace CrashHandler.Tests.Reports;

/// <summary>How many reports there are, while they move.</summary>
public sealed class CountTests : IDisposable
{
    private const int Reports = 60;

    private readonly TestDatabase _database = new();

    public void Dispose() => _database.Dispose();

    /// <summary>While it is counted, every report goes from those that wait to those that are done with: it is counted as either, and once.</summary>
    [Fact]
    public async Task AReportThatMovesIsCountedOnce()
    {
        List<ReportRecord> waiting = [.. Enumerable.Range(0, Reports).Select(minute => _database.File(minute))];
        List<int> counts = [];
        Task moving = Task.Run(() => waiting.ForEach(report => _database.Database.Update(report with { State = ReportState.Uploaded })), TestContext.Current.CancellationToken);

        do
        {
            counts.Add(_database.Database.CountStates().Values.Sum());
        }
        while (!moving.IsCompleted);

        await moving;
        Assert.All(counts, count => Assert.Equal(Reports, count));
        Assert.Equal([KeyValuePair.Create(ReportState.Uploaded, Reports)], _database.Database.CountStates());
    }

    [Fact]
    public void WhatIsInBothPlacesIsDoneWith()
    {
        ReportRecord report = _database.File();
        string pending = _database.PathOf("pending", report.Id);
        (byte[] record, byte[] dump) = (File.ReadAllBytes(pending + ".json"), File.ReadAllBytes(pending + ".dmp"));
        _database.Database.Update(report with { State = ReportState.Failed });
        File.WriteAllBytes(pending + ".json", record);
        File.WriteAllBytes(pending + ".dmp", dump);

        Assert.Equal([KeyValuePair.Create(ReportState.Failed, 1)], _database.Database.CountStates());
    }
}
