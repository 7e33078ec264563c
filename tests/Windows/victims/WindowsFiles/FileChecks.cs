using System.Text;
using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Reports;

namespace CrashHandler.Victims.Windows;

/// <summary>Opening, reading, renaming and removing, in a directory of one's own.</summary>
internal static class FileChecks
{
    public static void Run(Checks checks, string directory)
    {
        string At(string name) => Path.Combine(directory, name);

        checks.True(PosixFiles.IsOwnDirectory(directory, PosixFiles.UserId()), "the directory is this user's");
        checks.True(!PosixFiles.IsWritableByOthers(directory), "nobody else writes in it");
        PosixFiles.CreatePrivateDirectory(directory);
        checks.True(Directory.Exists(directory), "one that exists is left as it is");

        checks.Equal(Libc.ENOENT, ErrnoOf(() => DurableFile.OpenRead(At("none"))), "open of nothing");
        using (FileDescriptor made = DurableFile.Create(At("file")))
        {
            checks.Equal(Libc.EEXIST, ErrnoOf(() => DurableFile.Create(At("file"))), "O_EXCL of something");
            WholeWrite.To(made.Number, "hello world"u8, At("file"));
            checks.Equal(0, Libc.ftruncate(made.Number, "hello".Length), "ftruncate");
            checks.Equal("hello".Length, Libc.lseek(made.Number, 0, Libc.SEEK_END), "lseek");
            checks.Equal(0, Libc.fsync(made.Number), "fsync");
            checks.Equal("hello", Encoding.ASCII.GetString(DurableFile.Read(At("file"), maxBytes: 100)!), "read while it is open for writing");
            checks.True(FileIdentity.Of(At("file")) == FileIdentity.Of(made, At("file")), "a name and a handle of one file");
        }

        DurableFile.Write(At("new"), "new"u8);
        using (FileDescriptor open = DurableFile.OpenRead(At("file")))
        {
            DurableFile.Rename(At("new"), At("file"));
            checks.Equal("new", File.ReadAllText(At("file")), "rename over a file that is open");
            checks.True(FileIdentity.Of(At("file")) != FileIdentity.Of(open, At("file")), "it is another file then");
            byte[] old = new byte["hello".Length];
            _ = DurableFile.ReadSome(open, At("file"), old);
            checks.Equal("hello", Encoding.ASCII.GetString(old), "who had it open reads the former one");
        }

        using (FileDescriptor open = DurableFile.OpenRead(At("file")))
        {
            DurableFile.Remove(At("file"));
            checks.True(!EntryStatus.TryRead(At("file"), out _), "unlink of a file that is open frees its name");
            DurableFile.Create(At("file")).Dispose();
            DurableFile.Remove(At("file"));
        }

        DurableFile.Remove(At("none"));
        PosixFiles.CreatePrivateDirectory(At("below"));
        DurableFile.Write(At(@"below\x"), "y"u8);
        DurableFile.SyncDirectory(At("below"));
        checks.Equal(Libc.ENOTDIR, ErrnoOf(() => DurableFile.SyncDirectory(At(@"below\x"))), "O_DIRECTORY of a file");
        DurableFile.Rename(At("below"), At("renamed"));
        using (StreamReader stream = new(DurableFile.OpenStreamBelow(directory, At(@"renamed\x"))))
        {
            checks.Equal("y", stream.ReadToEnd(), "openat below a directory that was renamed");
        }

        checks.True(EntryStatus.TryRead(At(@"renamed\x"), out EntryStatus entry) && entry is { IsRegular: true, Bytes: 1 }, "status of a file");
        checks.True(EntryStatus.TryRead(At("renamed"), out entry) && entry.IsDirectory, "status of a directory");

        // Beyond MAX_PATH.
        string deep = At(string.Join('\\', Enumerable.Repeat(new string('q', 100), 3)));
        PosixFiles.CreatePrivateDirectories(deep);
        DurableFile.Write(Path.Combine(deep, "x"), "y"u8);
        checks.True(FileIdentity.IsRegular(Path.Combine(deep, "x")) is true, "a path of more than 260 characters");
        checks.True(FileSystemSpace.Of(directory).FreeBytes > 0, "free space");
    }

    private static int ErrnoOf(Action action)
    {
        try
        {
            action();
            return 0;
        }
        catch (SyscallException failure)
        {
            return failure.Errno;
        }
    }
}
