using CrashHandler.Handler.Reports;
using Xunit;

namespace CrashHandler.Tests.Reports;

/// <summary>What belongs to no report, and records that are broken, are kept in quarantine and told; a whole report, and what is not ours, is left alone.</summary>
public sealed class QuarantineTests : IDisposable
{
    private readonly TestDatabase _database = new();

    public void Dispose() => _database.Dispose();

    /// <summary>What somebody does to a whole report, which waits or is done with; what is in quarantine then, by its names; a word of what is told.</summary>
    public static TheoryData<string, bool, string[], string> Damages => new()
    {
        { "remove json", true, ["pending-ID.dmp", "pending-ID.managed.json", "heapdumps-ID.core", "attachments-ID"], "no record names it" },
        { "remove json", false, ["completed-ID.dmp", "completed-ID.managed.json", "heapdumps-ID.core", "attachments-ID"], "no record names it" },
        { "break json", true, ["pending-ID.json", "pending-ID.dmp", "pending-ID.managed.json", "heapdumps-ID.core", "attachments-ID"], "it is no record" },
        { "break json", false, ["completed-ID.json", "completed-ID.dmp", "completed-ID.managed.json", "heapdumps-ID.core", "attachments-ID"], "it is no record" },
        { "empty json", true, ["pending-ID.json", "pending-ID.dmp", "pending-ID.managed.json", "heapdumps-ID.core", "attachments-ID"], "it is no record" },
        { "rename json", true, ["pending-ID.json", "pending-ID.dmp", "pending-ID.managed.json", "heapdumps-ID.core", "attachments-ID"], "its id is not its name" },
        { "remove dmp", true, ["pending-ID.json", "pending-ID.managed.json", "heapdumps-ID.core", "attachments-ID"], "its dump is missing" },
        { "remove dmp", false, ["completed-ID.json", "completed-ID.managed.json", "heapdumps-ID.core", "attachments-ID"], "its dump is missing" },
        { "cut dmp", true, ["pending-ID.json", "pending-ID.dmp", "pending-ID.managed.json", "heapdumps-ID.core", "attachments-ID"], "bytes of" },
        { "cut dmp", false, ["completed-ID.json", "completed-ID.dmp", "completed-ID.managed.json", "heapdumps-ID.core", "attachments-ID"], "bytes of" },
    };

    [Theory]
    [MemberData(nameof(Damages))]
    public void WhatIsBrokenIsKeptAndTold(string damage, bool isPending, string[] kept, string word)
    {
        ReportRecord whole = _database.FileWhole(isPending);
        ReportRecord report = _database.FileWhole(isPending);
        Dictionary<string, byte[]> before = _database.AllFiles().Where(file => file.Contains(report.Id)).ToDictionary(file => file, file => File.ReadAllBytes(Path.Combine(_database.Root, file)));
        Damage(damage, _database.PathOf(isPending ? "pending" : "completed", report.Id));
        List<string> told = [];

        _database.Sweep(told.Add);

        Assert.Equal([.. kept.Select(name => name.Replace("ID", report.Id)).Order()], Quarantined());
        Assert.All(kept, name => Assert.Contains(told, line => line.Contains($"quarantine/{name.Replace("ID", report.Id)}'", StringComparison.Ordinal)));
        Assert.Equal(kept.Length, told.Count);
        Assert.Contains(told, line => line.Contains(word, StringComparison.Ordinal));
        // Nothing of it is anywhere else, nothing of the other one was touched, and what was not damaged is as it was.
        Assert.DoesNotContain(_database.AllFiles(), file => file.Contains(report.Id) && !file.StartsWith("quarantine/", StringComparison.Ordinal));
        Assert.Equal(whole.Id, Assert.Single(_database.Database.List()).Id);
        Assert.Equal(5, _database.AllFiles().Count(file => file.Contains(whole.Id)));
        Assert.Equal(before[$"heapdumps/{report.Id}.core"], File.ReadAllBytes(_database.PathOf("quarantine", $"heapdumps-{report.Id}.core")));
        Assert.Equal(before[$"attachments/{report.Id}/log"], File.ReadAllBytes(_database.PathOf("quarantine", $"attachments-{report.Id}/log")));
        _database.Sweep(problem => Assert.Fail(problem));
    }

    [Fact]
    public void AWholeDumpThatADeadHandlerLeftWithoutARecordIsKept()
    {
        string id = Guid.NewGuid().ToString();
        File.WriteAllBytes(_database.PathOf("new", $"{id}.dmp"), TestDatabase.Dump);
        File.WriteAllText(_database.PathOf("new", $"{id}.json"), "{");
        File.WriteAllText(_database.PathOf("new", $"{id}.json.tmp"), "");
        List<string> told = [];

        _database.Sweep(told.Add);

        Assert.Equal([$"new-{id}.dmp", $"new-{id}.json"], Quarantined());
        Assert.Equal(TestDatabase.Dump, File.ReadAllBytes(_database.PathOf("quarantine", $"new-{id}.dmp")));
        Assert.Empty(_database.Files());
        Assert.Equal(2, told.Count(line => line.Contains("is kept as", StringComparison.Ordinal)));
    }

    [Fact]
    public void ADumpThatAPowerCutShortenedIsKeptWithAllThatItHas()
    {
        using TestDatabase filer = new();
        using PendingReport report = filer.Begin();
        report.Write(TestDatabase.Record(report.Id) with { DumpBytes = TestDatabase.Dump.Length + 1 }, dump => dump.Write(TestDatabase.Dump));
        filer.CopyTo(_database);

        _database.Sweep();

        Assert.Equal([$"new-{report.Id}.dmp", $"new-{report.Id}.json"], Quarantined());
        Assert.Empty(_database.Files());
        Assert.Empty(_database.Database.List());
    }

    [Fact]
    public void TheClaimOfADeathThatIsFiledCostsItsReportNothing()
    {
        ReportRecord report = _database.FileWhole(isPending: true);
        string[] before = _database.AllFiles();
        File.WriteAllBytes(_database.PathOf("new", $"{report.Id}.dmp"), []);

        _database.Sweep();

        Assert.Equal(before, _database.AllFiles());
    }

    [Fact]
    public void WhatIsThereAlreadyIsNotWrittenOver()
    {
        string id = Guid.NewGuid().ToString();
        foreach (string text in (string[])["MDMP1", "MDMP2", "MDMP3"])
        {
            File.WriteAllText(_database.PathOf("pending", $"{id}.dmp"), text);
            _database.Sweep();
        }

        Assert.Equal([.. new[] { $"pending-{id}.dmp", $"pending-2-{id}.dmp", $"pending-3-{id}.dmp" }.Order()], Quarantined());
        Assert.Equal(["MDMP1", "MDMP2", "MDMP3"], Quarantined().Select(name => File.ReadAllText(_database.PathOf("quarantine", name))).Order());
    }

    [Fact]
    public void ALaterVersionsRecordIsLeft()
    {
        ReportRecord report = _database.FileWhole(isPending: true);
        string path = _database.PathOf("pending", $"{report.Id}.json");
        File.WriteAllText(path, File.ReadAllText(path).Replace("\"version\": 1", "\"version\": 2").Replace("\"pending\"", "\"cremated\""));
        string[] before = _database.AllFiles();
        List<string> told = [];

        _database.Sweep(told.Add);

        Assert.Equal(before, _database.AllFiles());
        Assert.Contains("later version", Assert.Single(told));
    }

    [Fact]
    public void WhatIsNotOursIsLeft()
    {
        string id = Guid.NewGuid().ToString(), outside = Path.Combine(_database.Root, "outside");
        File.WriteAllBytes(outside, TestDatabase.Dump);
        File.CreateSymbolicLink(_database.PathOf("pending", $"{id}.dmp"), outside);
        File.CreateSymbolicLink(_database.PathOf("completed", $"{id}.json"), outside);
        Directory.CreateSymbolicLink(_database.PathOf("attachments", id), _database.PathOf("requests", ""));
        File.WriteAllText(_database.PathOf("pending", $"{id}-copy.json"), "mine");
        File.WriteAllText(_database.PathOf("pending", "notes.dmp"), "mine");
        File.WriteAllText(_database.PathOf("attachments", Guid.NewGuid().ToString()), "no directory");
        Directory.CreateDirectory(_database.PathOf("completed", $"{Guid.NewGuid()}.dmp"));
        string[] before = _database.AllFiles();
        List<string> told = [];

        _database.Sweep(told.Add);

        Assert.Equal(before, _database.AllFiles());
        Assert.Equal(5, told.Count(line => line.Contains("is left as it is", StringComparison.Ordinal)));
        Assert.False(Directory.Exists(Path.Combine(_database.Root, "quarantine")));
    }

    [Fact]
    public void ItIsItsOwnersAlone()
    {
        File.WriteAllBytes(_database.PathOf("pending", $"{Guid.NewGuid()}.dmp"), TestDatabase.Dump);

        _database.Sweep();

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(_database.Database.Quarantine.Path));
    }

    private string[] Quarantined()
        => [.. Directory.EnumerateFileSystemEntries(_database.Database.Quarantine.Path).Select(path => Path.GetFileName(path)).Order()];

    private static void Damage(string damage, string path)
    {
        string file = $"{path}.{damage.Split(' ')[1]}";
        switch (damage.Split(' ')[0])
        {
            case "remove":
                File.Delete(file);
                break;
            case "break":
                File.WriteAllText(file, File.ReadAllText(file)[..^2]);
                break;
            case "empty":
                File.WriteAllText(file, "");
                break;
            case "rename":
                File.WriteAllText(file, File.ReadAllText(file).Replace(Path.GetFileName(path), Guid.NewGuid().ToString()));
                break;
            default:
                File.WriteAllBytes(file, File.ReadAllBytes(file)[..^1]);
                break;
        }
    }
}
