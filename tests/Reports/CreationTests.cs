using CrashHandler.Handler.Reports;
using Mono.Unix.Native;
using Xunit;

namespace CrashHandler.Tests.Reports;

public sealed class CreationTests : IDisposable
{
    private const uint Nobody = 65_534;

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("crash-handler-creation-");

    private string Target => Path.Combine(_directory.FullName, "My App Crashes");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public void MissingParentsAreMade()
    {
        string deep = Path.Combine(Target, "a", "b") + "/";

        ReportDatabase database = ReportDatabase.Create(deep);

        Assert.Equal(Path.TrimEndingDirectorySeparator(deep), database.Path);
        Assert.Empty(ReportDatabase.OpenExisting(deep).List());
    }

    [Theory]
    [InlineData("")]
    [InlineData("new")]
    [InlineData("pending")]
    [InlineData("completed")]
    public void AFileInPlaceOfADirectoryIsRefused(string name)
    {
        string place = Path.Combine(Target, name);
        Directory.CreateDirectory(Path.GetDirectoryName(place)!);
        File.WriteAllText(Path.TrimEndingDirectorySeparator(place), "mine");

        DatabaseException refused = Assert.Throws<DatabaseException>(() => ReportDatabase.Create(Target));

        Assert.Contains("is not a directory", refused.Message);
        Assert.DoesNotContain('\n', refused.Message);
        Assert.Equal("mine", File.ReadAllText(Path.TrimEndingDirectorySeparator(place)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("pending")]
    public void AnotherOwnersDirectoryIsRefused(string name)
    {
        SkipUnlessRoot();
        ReportDatabase.Create(Target);
        string place = Path.TrimEndingDirectorySeparator(Path.Combine(Target, name));
        Assert.Equal(0, Syscall.chown(place, Nobody, Nobody));

        DatabaseException refused = Assert.Throws<DatabaseException>(() => ReportDatabase.Create(Target));

        Assert.Contains($"'{place}' belongs to uid {Nobody}, not to uid 0", refused.Message);
    }

    [Fact]
    public void AnotherOwnersLinkToADirectoryOfOursIsRefused()
    {
        SkipUnlessRoot();
        string ours = Path.Combine(_directory.FullName, "ours");
        Directory.CreateDirectory(ours, UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.OtherRead);
        File.CreateSymbolicLink(Target, ours);
        Assert.Equal(0, Syscall.lchown(Target, Nobody, Nobody));

        Assert.Throws<DatabaseException>(() => ReportDatabase.Create(Target));

        Assert.Empty(Directory.EnumerateFileSystemEntries(ours));
        Assert.True(File.GetUnixFileMode(ours).HasFlag(UnixFileMode.OtherRead));
    }

    [Fact]
    public void OurOwnLinkIsFollowed()
    {
        string ours = Path.Combine(_directory.FullName, "ours");
        Directory.CreateDirectory(ours);
        File.CreateSymbolicLink(Target, ours);

        ReportDatabase.Create(Target);

        Assert.True(Directory.Exists(Path.Combine(ours, "pending")));
    }

    [Fact]
    public void ADirectoryWithOtherFilesStaysOpenToWhoReadsThem()
    {
        Directory.CreateDirectory(Target);
        File.SetUnixFileMode(Target, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        File.WriteAllText(Path.Combine(Target, "data.txt"), "theirs");

        // The second one finds a database there.
        ReportDatabase.Create(Target);
        ReportDatabase.Create(Target);

        Assert.True(File.GetUnixFileMode(Target).HasFlag(UnixFileMode.OtherRead));
        Assert.False(File.GetUnixFileMode(Path.Combine(Target, "pending")).HasFlag(UnixFileMode.OtherRead));
    }

    [Fact]
    public void ADirectoryWithOtherFilesThatOthersCanWriteIsRefused()
    {
        Directory.CreateDirectory(Target);
        File.WriteAllText(Path.Combine(Target, "data.txt"), "theirs");
        File.SetUnixFileMode(Target, File.GetUnixFileMode(Target) | UnixFileMode.OtherWrite);

        Assert.Contains("can be written by others", Assert.Throws<DatabaseException>(() => ReportDatabase.Create(Target)).Message);
        Assert.Equal(["data.txt"], Directory.EnumerateFileSystemEntries(Target).Select(Path.GetFileName));
    }

    [Fact]
    public void AnOpenDirectoryWithNothingElseIsClosed()
    {
        Directory.CreateDirectory(Target);
        File.SetUnixFileMode(Target, (UnixFileMode)0x1FF);

        ReportDatabase.Create(Target);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Target));
    }

    [Theory]
    [InlineData("", "there is no database at")]
    [InlineData("completed", "'completed' is missing")]
    public void WhatIsNoDatabaseIsNotOpened(string missing, string words)
    {
        ReportDatabase.Create(Target);
        Directory.Delete(Path.Combine(Target, missing), recursive: true);

        Assert.Contains(words, Assert.Throws<DatabaseException>(() => ReportDatabase.OpenExisting(Target)).Message);
        Assert.False(Directory.Exists(Path.Combine(Target, missing)));
    }

    private static void SkipUnlessRoot()
    {
        if (Syscall.getuid() != 0)
        {
            Assert.Skip("giving a directory to somebody else takes root");
        }
    }
}
