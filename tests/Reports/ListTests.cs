using System.Runtime.CompilerServices;
using CrashHandler.Handler.Reports;
using Xunit;

namespace CrashHandler.Tests.Reports;

/// <summary>A list of reports: what is wanted of each, and no more.</summary>
public sealed class ListTests : IDisposable
{
    private readonly TestDatabase _database = new();

    public void Dispose() => _database.Dispose();

    /// <summary>A power cut, or a look while it moves, shows two records of one report: the completed one counts, also where the other one is what was asked for.</summary>
    [Fact]
    public void OfTwoRecordsTheCompletedOneCounts()
    {
        ReportRecord sent = _database.File() with { State = ReportState.Uploaded };
        string pending = Path.Combine(_database.Root, ReportDatabase.PendingName, sent.Id + ReportDatabase.RecordExtension);
        byte[] before = File.ReadAllBytes(pending);
        _database.Database.Update(sent);
        File.WriteAllBytes(pending, before);

        Assert.Equal(ReportState.Uploaded, Assert.Single(_database.Database.List()).State);
        Assert.Empty(_database.Database.List(report => report.State == ReportState.Pending ? report : null));
    }

    /// <summary>The records of ten thousand are forty megabytes.</summary>
    [Fact]
    public void OnlyWhatIsWantedIsKept()
    {
        const int Reports = 50;
        for (int i = 0; i < Reports; i++)
        {
            _database.File(i);
        }

        List<WeakReference> records = [];
        IReadOnlyList<string> listed = _database.Database.List(report => Take(report, records));

        Assert.Equal(Reports, listed.Count);
        // The last one or two may still be on the stack.
        GC.Collect();
        Assert.InRange(records.Count(record => record.IsAlive), 0, 2);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static string Take(ReportRecord report, List<WeakReference> records)
    {
        records.Add(new WeakReference(report));
        return report.Reason;
    }
}
