using System.Text.Json.Nodes;
using CrashHandler.Handler.Reports;
using Xunit;

namespace CrashHandler.Tests.Reports;

public sealed class SettingsTests : IDisposable
{
    private readonly TestDatabase _database = new();

    private string Main => Path.Combine(_database.Root, "settings.json");

    private string Backup => Main + ".bak";

    public void Dispose() => _database.Dispose();

    [Fact]
    public void LookingMakesNothing()
    {
        DatabaseSettings settings = Reopen();

        Assert.True(settings.Uploads);
        Assert.Equal(UploadPermission.On, settings.UploadPermission);
        Assert.Empty(Directory.EnumerateFiles(_database.Root));
    }

    [Fact]
    public void TheGuidIsMadeOnce()
    {
        Guid guid = Reopen().ClientId;

        Assert.NotEqual(Guid.Empty, guid);
        Reopen().SetUploads(false);
        Assert.Equal(guid, Reopen().ClientId);
        Assert.False(Reopen().Uploads);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{\"guid\":\"x\"}")]
    public void ABrokenFileIsSetAsideAndTheGuidKept(string contents)
    {
        Guid guid = Reopen().ClientId;
        Reopen().SetUploads(false);
        File.WriteAllText(Main, contents);

        Assert.Equal(UploadPermission.Off, Reopen().UploadPermission);
        Assert.Equal(guid, Reopen().ClientId);

        Assert.Equal(contents, File.ReadAllText(Assert.Single(Directory.EnumerateFiles(_database.Root, "settings.json.broken-*"))));
        Assert.Equal(File.ReadAllText(Backup), File.ReadAllText(Main));
    }

    [Fact]
    public void ABrokenBackupIsMendedFromTheMainFile()
    {
        Guid guid = Reopen().ClientId;
        File.WriteAllText(Backup, "{");

        Assert.Equal(guid, Reopen().ClientId);

        Assert.Equal(File.ReadAllText(Main), File.ReadAllText(Backup));
    }

    [Fact]
    public void AMissingMainFileDoesNotLiftTheOperatorsLock()
    {
        Guid guid = Reopen().ClientId;
        File.WriteAllText(Backup, File.ReadAllText(Backup).Replace("\"operatorUploadsOff\": false", "\"operatorUploadsOff\": true"));
        File.Delete(Main);

        Assert.Equal(UploadPermission.Off, Reopen().UploadPermission);
        Reopen().SetUploads(true);

        Assert.Equal(UploadPermission.Off, Reopen().UploadPermission);
        Assert.Equal(guid, Reopen().ClientId);
    }

    [Fact]
    public void BothBrokenIsOneClearErrorAndResetsNothing()
    {
        DatabaseSettings settings = Reopen();
        Guid guid = Reopen().ClientId;
        string good = File.ReadAllText(Main);
        File.WriteAllText(Main, "{");
        File.WriteAllText(Backup, "[");

        Assert.Contains(Main, Assert.Throws<DatabaseException>(() => settings.ClientId).Message);
        Assert.Throws<DatabaseException>(() => settings.SetUploads(false));
        Assert.Throws<DatabaseException>(() => settings.Uploads);
        Assert.Throws<DatabaseException>(() => settings.UploadPermission);
        Assert.Equal(("{", "["), (File.ReadAllText(Main), File.ReadAllText(Backup)));

        File.WriteAllText(Main, good);
        Assert.Equal(guid, settings.ClientId);
    }

    [Fact]
    public void UnknownMembersSurvive()
    {
        _ = Reopen().ClientId;
        File.WriteAllText(Main, File.ReadAllText(Main).Insert(1, "\"rateLimit\":true,"));

        Reopen().SetUploads(false);

        Assert.True((bool?)JsonNode.Parse(File.ReadAllText(Main))!["rateLimit"]);
    }

    [Fact]
    public void ThreadsThatChangeThemAtOnceLeaveThemWhole()
    {
        const int Threads = 8, Rounds = 10;
        Guid[] guids = new Guid[Threads];
        Thread[] threads =
        [
            .. Enumerable.Range(0, Threads).Select(index => new Thread(() =>
            {
                DatabaseSettings settings = Reopen();
                for (int round = 0; round < Rounds; round++)
                {
                    settings.SetUploads((index + round) % 2 == 0);
                    _ = settings.Uploads;
                }

                guids[index] = settings.ClientId;
            })),
        ];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());

        Assert.Single(guids.Distinct());
        Assert.NotEqual(Guid.Empty, guids[0]);
        Assert.Equal(guids[0].ToString(), (string?)JsonNode.Parse(File.ReadAllText(Main))!["guid"]);
        Assert.Equal(File.ReadAllText(Main), File.ReadAllText(Backup));
        Assert.Equal(["settings.json", "settings.json.bak", "settings.lock"], Directory.EnumerateFiles(_database.Root).Select(Path.GetFileName).Order());
    }

    private DatabaseSettings Reopen() => new(_database.Root);
}
