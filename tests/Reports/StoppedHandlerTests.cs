using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Reports;
using Xunit;

namespace CrashHandler.Tests.Reports;

/// <summary>A handler that is stopped keeps its locks: it costs others a clear error where it must, and a report never.</summary>
public sealed class StoppedHandlerTests : IDisposable
{
    private readonly TestDatabase _database = new();

    public void Dispose() => _database.Dispose();

    [Fact]
    public void TheGuidIsReadWithoutTheLock()
    {
        Guid guid = _database.Database.Settings.ClientId;
        using FileDescriptor held = Hold("settings.lock");

        Assert.Equal(guid, new DatabaseSettings(_database.Root).ClientId);
    }

    [Fact]
    public void AChangeDoesNotWaitForEver()
    {
        using FileDescriptor held = Hold("settings.lock");

        Assert.Contains("settings.lock", Assert.Throws<DatabaseException>(() => _database.Database.Settings.SetUploads(false)).Message);
        Assert.Throws<DatabaseException>(() => _database.Database.Settings.ClientId);
    }

    [Fact]
    public void ReportsAreFiledAndLeftoversAdopted()
    {
        using FileDescriptor settings = Hold("settings.lock");
        using FileDescriptor uploads = Hold("uploads.lock");

        ReportRecord report = _database.File();
        File.Move(_database.PathOf("pending", $"{report.Id}.dmp"), _database.PathOf("new", $"{report.Id}.dmp"));
        Assert.Empty(_database.Database.List());
        _database.Database.Recover();

        Assert.Equal(report.Id, Assert.Single(_database.Database.List()).Id);
    }

    private FileDescriptor Hold(string name)
    {
        string path = Path.Combine(_database.Root, name);
        FileDescriptor file = DurableFile.OpenLock(path);
        Assert.True(DurableFile.TryLock(file, path));
        return file;
    }
}
