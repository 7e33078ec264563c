using CrashHandler.Handler.Posix;
using CrashHandler.Protocol;

namespace CrashHandler.Handler.Daemon;

/// <summary>Where the handler of a database listens: the same after every restart, and short enough for a socket.</summary>
internal static class HandlerAddress
{
    /// <summary>Name of the user's runtime directory in the environment (XDG Base Directory Specification).</summary>
    public const string RuntimeDirectoryVariable = "XDG_RUNTIME_DIR";

    /// <summary>How every handler's socket of this protocol version ends.</summary>
    public static readonly string Suffix = $"-{FrameHeader.ExpectedVersion}.sock";

    // 16 hex digits, a slash, the suffix, and room for the temporary name's ".PID".
    private const int FileNameBytes = 48;

    /// <summary>Where the handler of a database listens; its directory is made and checked.</summary>
    /// <exception cref="DaemonException">The directory belongs to somebody else.</exception>
    /// <exception cref="SyscallException">There is no such database.</exception>
    public static string Of(string database)
    {
        (ulong device, ulong inode) = PosixFiles.Identity(database);
        return Path.Combine(Directory(Environment.GetEnvironmentVariable(RuntimeDirectoryVariable), PosixFiles.UserId()), FileName(device, inode));
    }

    /// <summary>The directory, made and checked: the user's runtime directory, else one of ours under /tmp.</summary>
    /// <exception cref="DaemonException">It belongs to somebody else.</exception>
    public static string Directory(string? runtimeDirectory, uint uid)
    {
        string directory = Chosen(runtimeDirectory, uid);
        if (directory != FallbackDirectory(uid))
        {
            return directory;
        }

        PosixFiles.CreatePrivateDirectory(directory);
        return IsOnlyOwns(directory, uid) ? directory
            : throw new DaemonException($"'{directory}' is not a directory of this user alone; remove it, or set {RuntimeDirectoryVariable}");
    }

    /// <summary>The same; it is neither made nor checked.</summary>
    public static string Chosen(string? runtimeDirectory, uint uid)
        => !string.IsNullOrEmpty(runtimeDirectory) && Path.IsPathRooted(runtimeDirectory)
            && runtimeDirectory.Length < SeqPacketSocket.MaxPathBytes - FileNameBytes && IsOnlyOwns(runtimeDirectory, uid)
                ? runtimeDirectory : FallbackDirectory(uid);

    /// <summary>Directories in which handlers of this user may listen; none is made.</summary>
    public static IEnumerable<string> ExistingDirectories(string? runtimeDirectory, uint uid)
        => new[] { runtimeDirectory, UsualRuntimeDirectory(uid), FallbackDirectory(uid) }
            .Where(directory => !string.IsNullOrEmpty(directory) && PosixFiles.IsOwnDirectory(directory, uid))
            .Select(directory => directory!)
            .Distinct();

    /// <summary>The file name for a database, by its device and inode.</summary>
    public static string FileName(ulong device, ulong inode) => AddressDigits.Of(device, inode) + Suffix;

    // Who may change what is in it could put a socket of his own there.
    private static bool IsOnlyOwns(string directory, uint uid) => PosixFiles.IsOwnDirectory(directory, uid) && !PosixFiles.IsWritableByOthers(directory);

    // As pam_systemd makes it: without a session, as under sudo or cron, or for another user, the variable does not say so.
    private static string UsualRuntimeDirectory(uint uid) => $"/run/user/{uid}";

    private static string FallbackDirectory(uint uid) => $"/tmp/crash-handler-{uid}";
}
