using System.IO.Compression;
using System.Text;
using CrashHandler.Handler.Export;
using CrashHandler.Handler.Reports;
using CrashHandler.Tests.Reports;
using Xunit;

namespace CrashHandler.Tests.Export;

public sealed class ReportArchiveTests : IDisposable
{
    private static readonly byte[] s_record = "{}"u8.ToArray();

    private readonly TestDatabase _database = new();

    [Fact]
    public void EverythingThatBelongsToAReportIsInItsFolder()
    {
        ReportRecord report = FileWithAll();
        (Dictionary<string, string> files, ExportOutcome outcome) = Export(report, withHeapDump: true);
        Assert.Equal(
            [$"{report.Id}/README.txt", $"{report.Id}/attachments/app.log", $"{report.Id}/heap.core", $"{report.Id}/minidump.dmp", $"{report.Id}/report.json", $"{report.Id}/stacks.json"],
            files.Keys.Order(StringComparer.Ordinal));
        Assert.Equal((Latin(TestDatabase.Dump), "{}", "a line", "all of it"), (files[$"{report.Id}/minidump.dmp"], files[$"{report.Id}/report.json"], files[$"{report.Id}/attachments/app.log"], files[$"{report.Id}/heap.core"]));
        Assert.Empty(outcome.LeftOut);
        Assert.All(outcome.Files, file => Assert.Contains($"\n{file.Name}: ", files[$"{report.Id}/README.txt"], StringComparison.Ordinal));
    }

    [Fact]
    public void TheHeapDumpStaysBehindUnlessItIsAskedFor()
    {
        ReportRecord report = FileWithAll();
        (Dictionary<string, string> files, ExportOutcome outcome) = Export(report, withHeapDump: false);
        Assert.DoesNotContain($"{report.Id}/heap.core", files.Keys);
        Assert.Contains("--heap-dump", Assert.Single(outcome.LeftOut), StringComparison.Ordinal);
        Assert.Contains("Not here: heap.core: ", files[$"{report.Id}/README.txt"], StringComparison.Ordinal);
    }

    /// <summary>A record is a file that somebody may have changed: no name in it reads, or unpacks, another file. One whose name is a path is no record.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("a\\b")]
    [InlineData("missing.log")]
    public void AnAttachmentThatIsNoneIsLeftOut(string name)
    {
        ReportRecord report = _database.File(with: record => record with { Attachments = [name] });
        (Dictionary<string, string> files, ExportOutcome outcome) = Export(report, withHeapDump: false);
        Assert.Equal(3, files.Count);
        Assert.StartsWith($"attachments/{name}: ", Assert.Single(outcome.LeftOut), StringComparison.Ordinal);
    }

    [Fact]
    public void ALinkIsNotFollowed()
    {
        ReportRecord report = _database.File(with: record => record with { Attachments = ["link"] });
        File.CreateSymbolicLink(Attachment(report, "link"), "/etc/passwd");
        Assert.Contains("attachments/link", Assert.Single(Export(report, withHeapDump: false).Outcome.LeftOut), StringComparison.Ordinal);
    }

    /// <summary>Of a user's database root would hand on what only root may read.</summary>
    [Fact]
    public void ALinkedDirectoryIsNotFollowed()
    {
        ReportRecord report = _database.File(with: record => record with { Attachments = ["passwd"] });
        Directory.CreateDirectory(_database.PathOf("", "attachments"));
        Directory.CreateSymbolicLink(_database.PathOf("attachments", report.Id), "/etc");
        (Dictionary<string, string> files, ExportOutcome outcome) = Export(report, withHeapDump: false);
        Assert.DoesNotContain($"{report.Id}/attachments/passwd", files.Keys);
        Assert.StartsWith("attachments/passwd: openat ", Assert.Single(outcome.LeftOut), StringComparison.Ordinal);
    }

    [Fact]
    public void WhatIsRemovedMeanwhileIsInItAllTheSame()
    {
        ReportRecord report = _database.File();
        using ReportArchive archive = ReportArchive.Open(_database.Database, report, s_record, withHeapDump: false);
        File.Delete(_database.Database.DumpPath(report));
        Assert.Equal(Latin(TestDatabase.Dump), Read(archive).Files[$"{report.Id}/minidump.dmp"]);
    }

    /// <summary>Half an export must not look whole: no directory is written.</summary>
    [Fact]
    public void ACancelledExportIsNoZipFile()
    {
        ReportRecord report = _database.File();
        using ReportArchive archive = ReportArchive.Open(_database.Database, report, s_record, withHeapDump: false);
        using MemoryStream zip = new();
        Assert.Throws<OperationCanceledException>(() => archive.WriteTo(zip, _ => { }, new CancellationToken(canceled: true)));
        zip.Position = 0;
        Assert.Throws<InvalidDataException>(() => new ZipArchive(zip, ZipArchiveMode.Read));
    }

    [Fact]
    public void ItIsForItsOwnerAloneAndOfItsOwnTime()
    {
        ReportRecord report = _database.File(minute: 5);
        using ReportArchive archive = ReportArchive.Open(_database.Database, report, s_record, withHeapDump: false);
        using MemoryStream zip = new();
        List<long> done = [];
        archive.WriteTo(zip, done.Add, CancellationToken.None);
        Assert.Equal(archive.Bytes, done[^1]);
        zip.Position = 0;
        using ZipArchive read = new(zip, ZipArchiveMode.Read);
        Assert.All(read.Entries, entry => Assert.Equal((0x8180, new DateTime(2026, 1, 2, 3, 9, 4)), (entry.ExternalAttributes >>> 16, entry.LastWriteTime.DateTime)));
    }

    [Fact]
    public void AReportOfAClockThatWasNotSetIsExported()
    {
        ReportRecord report = _database.File(with: record => record with { Created = DateTimeOffset.UnixEpoch });
        Assert.Equal(3, Export(report, withHeapDump: false).Files.Count);
    }

    public void Dispose() => _database.Dispose();

    private ReportRecord FileWithAll()
    {
        ReportRecord report = _database.File(with: record => record with { Attachments = ["app.log"] });
        File.WriteAllText(Path.ChangeExtension(_database.Database.DumpPath(report), ".managed.json"), "{}");
        File.WriteAllText(Attachment(report, "app.log"), "a line");
        File.WriteAllText(_database.Database.BeginHeapDump(report.Id), "all of it");
        _database.Database.FileHeapDump(report.Id);
        return report;
    }

    private string Attachment(ReportRecord report, string name)
    {
        string path = _database.Database.AttachmentPath(report, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        return path;
    }

    private (Dictionary<string, string> Files, ExportOutcome Outcome) Export(ReportRecord report, bool withHeapDump)
    {
        using ReportArchive archive = ReportArchive.Open(_database.Database, report, s_record, withHeapDump);
        return Read(archive);
    }

    private static (Dictionary<string, string> Files, ExportOutcome Outcome) Read(ReportArchive archive)
    {
        using MemoryStream zip = new();
        ExportOutcome outcome = archive.WriteTo(zip, _ => { }, CancellationToken.None);
        zip.Position = 0;
        using ZipArchive read = new(zip, ZipArchiveMode.Read);
        Dictionary<string, string> files = [];
        foreach (ZipArchiveEntry entry in read.Entries)
        {
            using Stream content = entry.Open();
            using MemoryStream bytes = new();
            content.CopyTo(bytes);
            files.Add(entry.FullName, Latin(bytes.ToArray()));
        }

        return (files, outcome);
    }

    private static string Latin(byte[] bytes) => Encoding.Latin1.GetString(bytes);
}
