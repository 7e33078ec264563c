using CrashHandler.Handler.Minidump;
using CrashHandler.Handler.Reports;
using Xunit;

namespace CrashHandler.Tests.Reports;

/// <summary>
/// What a kill at each step of a filing leaves: the directory is copied at that step, and nobody holds a copy's locks. No reader ever sees half of
/// a report; after a sweep, and after another handler's try, there is a whole one or none, and nothing else.
/// </summary>
public sealed class KilledFilerTests : IDisposable
{
    private static readonly Guid s_death = Guid.Parse("0f0e0d0c-0b0a-8908-8706-050403020100");

    private readonly TestDatabase _left = new();

    public static TheoryData<string, bool> Steps
    {
        get
        {
            TheoryData<string, bool> data = [];
            foreach (FilingStep step in Enum.GetValues<FilingStep>().Except([FilingStep.Waiting]))
            {
                data.Add(step.ToString(), true);
                data.Add(step.ToString(), false);
            }

            return data;
        }
    }

    public void Dispose() => _left.Dispose();

    [Theory]
    [MemberData(nameof(Steps))]
    public void SweptThereIsAWholeReportOrNone(string step, bool areUploadsOn)
    {
        LeaveAt(step, areUploadsOn);
        bool isFinished = Enum.Parse<FilingStep>(step) >= FilingStep.DumpWritten;
        bool isFiled = Enum.Parse<FilingStep>(step) >= FilingStep.DumpMoved;
        Assert.Equal(isFiled ? 1 : 0, _left.Database.List().Count);
        List<string> told = [];

        _left.Sweep(told.Add);

        Assert.Equal(isFiled ? 0 : 1, told.Count);
        if (isFinished)
        {
            AssertWhole(areUploadsOn, Enum.Parse<FilingStep>(step));
        }
        else
        {
            Assert.Empty(_left.Database.List());
            Assert.Empty(_left.Files());
        }
    }

    [Theory]
    [MemberData(nameof(Steps))]
    public void ToldOfTheSameDeathTheNextHandlerMakesItOneReport(string step, bool areUploadsOn)
    {
        LeaveAt(step, areUploadsOn);

        using (PendingReport? again = _left.Database.BeginReport(s_death))
        {
            Assert.Equal(Enum.Parse<FilingStep>(step) >= FilingStep.DumpWritten, again is null);
            again?.Commit(TestDatabase.Record(s_death), dump => dump.Write(TestDatabase.Dump));
        }

        FilingStep left = Enum.Parse<FilingStep>(step);
        AssertWhole(areUploadsOn, left);
        _left.Sweep();
        AssertWhole(areUploadsOn, left);
        Assert.Null(_left.Database.BeginReport(s_death));
        AssertWhole(areUploadsOn, left);
    }

    private void LeaveAt(string step, bool areUploadsOn)
    {
        using TestDatabase source = new();
        source.Database.Settings.SetUploads(areUploadsOn);
        bool isReached = false;
        using PendingReport report = source.Database.BeginReport(s_death, passed =>
        {
            if (passed.ToString() == step && !isReached)
            {
                isReached = true;
                Copy(source);
            }
        })!;
        report.Write(TestDatabase.Record(s_death) with { DumpBytes = TestDatabase.Dump.Length }, dump =>
        {
            // As a minidump is written: the signature last.
            dump.Position = 4;
            dump.Write(TestDatabase.Dump.AsSpan(4));
            dump.Position = 0;
            dump.Write(TestDatabase.Dump.AsSpan(0, 4));
        });
        TestDatabase.AddStacks(report);
        report.File();
        Assert.True(isReached);
    }

    private void Copy(TestDatabase source)
    {
        foreach (string file in Directory.EnumerateFiles(source.Root, "*", SearchOption.AllDirectories))
        {
            // The filer's lock keeps .NET's own means away.
            using FileStream from = new(new Microsoft.Win32.SafeHandles.SafeFileHandle(OpenForReading(file), ownsHandle: true), FileAccess.Read);
            using FileStream to = File.Create(Path.Combine(_left.Root, Path.GetRelativePath(source.Root, file)));
            from.CopyTo(to);
        }
    }

    private static int OpenForReading(string path) => Mono.Unix.Native.Syscall.open(path, Mono.Unix.Native.OpenFlags.O_RDONLY);

    private void AssertWhole(bool areUploadsOn, FilingStep left)
    {
        ReportRecord report = Assert.Single(_left.Database.List());
        Assert.Equal((s_death.ToString(), areUploadsOn ? ReportState.Pending : ReportState.Skipped), (report.Id, report.State));
        string directory = areUploadsOn ? "pending" : "completed";
        string[] stacks = left >= FilingStep.StacksStored ? [$"{directory}/{s_death}.managed.json"] : [];
        Assert.Equal([$"{directory}/{s_death}.dmp", $"{directory}/{s_death}.json", .. stacks], _left.Files());
        Assert.Equal(stacks.Length > 0 ? TestDatabase.Stacks : null, _left.Database.StacksPath(report) is { } path ? File.ReadAllBytes(path) : null);
        byte[] dump = File.ReadAllBytes(_left.Database.DumpPath(report));
        MinidumpFile read = MinidumpFile.Read(dump);
        if (left < FilingStep.StacksWritten)
        {
            Assert.Equal(TestDatabase.Dump, dump[..TestDatabase.Dump.Length]);
        }
        else
        {
            Handler.Minidump.DumpStream stream = Assert.Single(read.Streams);
            Assert.Equal(TestDatabase.Stacks, dump[(int)stream.Offset..]);
            Assert.Equal(left >= FilingStep.DumpFinished ? dump.Length : TestDatabase.Dump.Length, report.DumpBytes);
        }
    }
}
