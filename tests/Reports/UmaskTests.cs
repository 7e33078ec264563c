using CrashHandler.Handler.Reports;
using Mono.Unix.Native;
using Xunit;

namespace CrashHandler.Tests.Reports;

/// <summary>Alone: the umask is the whole process's.</summary>
[Collection(nameof(UmaskTests))]
[CollectionDefinition(nameof(UmaskTests), DisableParallelization = true)]
public sealed class UmaskTests
{
    private const UnixFileMode OwnersFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnersDirectory = OwnersFile | UnixFileMode.UserExecute;

    [Theory]
    [InlineData(0)]
    [InlineData(0x12)] // 022
    [InlineData(0x1ff)] // 0777
    public void EverythingIsTheOwnersAloneWhateverTheUmask(int umask)
    {
        FilePermissions before = Syscall.umask((FilePermissions)umask);
        TestDatabase database;
        try
        {
            database = new TestDatabase();
            _ = database.Database.Settings.ClientId;
            database.File();
            using PendingReport open = database.Begin();
            using IDisposable? held = database.Database.TryLockUploads();
            Assert.Equal(OwnersFile, File.GetUnixFileMode(database.PathOf("new", $"{open.Id}.dmp")));
        }
        finally
        {
            Syscall.umask(before);
        }

        using (database)
        {
            foreach (FileSystemInfo entry in new DirectoryInfo(database.Root).EnumerateFileSystemInfos("*", SearchOption.AllDirectories))
            {
                Assert.Equal((entry.FullName, entry is DirectoryInfo ? OwnersDirectory : OwnersFile), (entry.FullName, entry.UnixFileMode));
            }
        }
    }

    [Fact]
    public void ADirectoryThatWasOpenToOthersIsClosed()
    {
        using TestDatabase database = new();
        foreach (string path in new[] { database.Root, Path.Combine(database.Root, "pending") })
        {
            File.SetUnixFileMode(path, OwnersDirectory | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        }

        ReportDatabase.Create(database.Root);

        Assert.Equal(OwnersDirectory, File.GetUnixFileMode(database.Root));
        Assert.Equal(OwnersDirectory, File.GetUnixFileMode(Path.Combine(database.Root, "pending")));
    }
}
