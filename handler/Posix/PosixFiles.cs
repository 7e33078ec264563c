using System.Globalization;
using Mono.Unix.Native;

namespace CrashHandler.Handler.Posix;

/// <summary>
/// Owners and modes of files, through Mono.Posix. Its native helper lies beside the executable; without it, every call here ends in one clear line.
/// </summary>
internal static class PosixFiles
{
    private const uint Root = 0;
    private const FilePermissions OwnerOnlyDirectory = FilePermissions.S_IRWXU;
    // unix(7): to connect takes the right to write.
    private const FilePermissions EverybodyConnects = FilePermissions.S_IRUSR | FilePermissions.S_IWUSR | FilePermissions.S_IRGRP | FilePermissions.S_IWGRP | FilePermissions.S_IROTH | FilePermissions.S_IWOTH;
    private const FilePermissions GroupAndOthers = FilePermissions.S_IRWXG | FilePermissions.S_IRWXO;

    /// <summary>The user this process runs as.</summary>
    public static uint UserId() => Syscall.getuid();

    /// <summary>How a user is called in a message.</summary>
    public static string Describe(uint user) => string.Create(CultureInfo.InvariantCulture, $"uid {user}");

    /// <summary>The number of a user; null: there is none of this name.</summary>
    public static uint? FindUser(string name) => Guard<uint?>(() => Syscall.getpwnam(name)?.pw_uid);

    /// <summary>Makes every file of this process its user's alone.</summary>
    public static void SetPrivateUmask() => Guard(() => Syscall.umask(GroupAndOthers));

    /// <summary>Device and inode of a file.</summary>
    /// <exception cref="SyscallException">stat failed.</exception>
    public static (ulong Device, ulong Inode) Identity(string path) => Guard(() =>
        Syscall.stat(path, out Stat stat) == 0 ? (stat.st_dev, stat.st_ino) : throw Failed("stat", path));

    /// <summary>Whether a path is a directory (no link) of this user.</summary>
    public static bool IsOwnDirectory(string path, uint uid) => Guard(() =>
        Syscall.lstat(path, out Stat stat) == 0 && (stat.st_mode & FilePermissions.S_IFMT) == FilePermissions.S_IFDIR && stat.st_uid == uid);

    /// <summary>Owner of a file; of a link, its own.</summary>
    /// <exception cref="SyscallException">lstat failed.</exception>
    public static uint LinkOwner(string path) => Guard(() => Syscall.lstat(path, out Stat stat) == 0 ? stat.st_uid : throw Failed("lstat", path));

    /// <summary>Owner of a file; of a link, that of what it leads to.</summary>
    /// <exception cref="SyscallException">stat failed.</exception>
    public static uint Owner(string path) => Guard(() => Syscall.stat(path, out Stat stat) == 0 ? stat.st_uid : throw Failed("stat", path));

    /// <summary>Whether group or others may change what is in a directory.</summary>
    /// <exception cref="SyscallException">stat failed.</exception>
    public static bool IsWritableByOthers(string path) => Guard(() =>
        Syscall.stat(path, out Stat stat) == 0 ? (stat.st_mode & (FilePermissions.S_IWGRP | FilePermissions.S_IWOTH)) != 0 : throw Failed("stat", path));

    /// <summary>Makes a directory for its owner alone, whatever the umask; one that exists is left as it is.</summary>
    /// <exception cref="SyscallException">mkdir or chmod failed.</exception>
    public static void CreatePrivateDirectory(string path) => Guard(() =>
    {
        if (Syscall.mkdir(path, OwnerOnlyDirectory) == 0)
        {
            MakePrivate(path);
        }
        else if (Stdlib.GetLastError() is var error && error != Errno.EEXIST)
        {
            throw new SyscallException("mkdir", NativeConvert.FromErrno(error), path, "check that its parent exists and is writable");
        }

        return 0;
    });

    /// <summary>Makes a directory, and those above it that are missing, for their owner alone; the umask takes away only more.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">Likewise.</exception>
    public static void CreatePrivateDirectories(string path) => Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

    /// <summary>Makes a file that did not exist, for its owner alone, and opens it to be written and read.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">Likewise.</exception>
    public static FileStream CreatePrivateFile(string path)
        => new(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite });

    /// <summary>
    /// As root, goes on as the owner of a directory, so that what is changed there stays his. Anybody else goes on as himself.
    /// </summary>
    /// <exception cref="SyscallException">The kernel refused.</exception>
    public static void BecomeOwner(string path) => Guard(() =>
    {
        if (Syscall.geteuid() != Root || Syscall.stat(path, out Stat stat) != 0 || stat.st_uid == Root)
        {
            return 0;
        }

        return Syscall.setgroups([]) == 0 && Syscall.setregid(stat.st_gid, stat.st_gid) == 0 && Syscall.setreuid(stat.st_uid, stat.st_uid) == 0 ? 0 : throw Failed("setreuid", path);
    });

    /// <summary>Takes a directory of ours away from group and others.</summary>
    /// <exception cref="SyscallException">chmod failed.</exception>
    public static void MakePrivate(string path) => Guard(() => Syscall.chmod(path, OwnerOnlyDirectory) == 0 ? 0 : throw Failed("chmod", path));

    /// <summary>Lets everybody connect to a socket: who may, its listener decides.</summary>
    /// <exception cref="SyscallException">chmod failed.</exception>
    public static void OpenToAll(string path) => Guard(() => Syscall.chmod(path, EverybodyConnects) == 0 ? 0 : throw Failed("chmod", path));

    private static SyscallException Failed(string syscall, string path, string? advice = null)
        => new(syscall, NativeConvert.FromErrno(Stdlib.GetLastError()), path, advice);

    private static T Guard<T>(Func<T> call)
    {
        try
        {
            return call();
        }
        catch (DllNotFoundException missing)
        {
            throw new DllNotFoundException("libMonoPosixHelper.so is missing; it ships beside crash-handler, put it back there", missing);
        }
    }
}
