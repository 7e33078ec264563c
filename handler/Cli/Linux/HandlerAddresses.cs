using CrashHandler.Handler.Daemon;
using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Cli;

/// <summary>Where handlers may listen that were not told where.</summary>
internal static class HandlerAddresses
{
    // Of a user namespace's root, the machine's root may have the directory.
    private static readonly EnumerationOptions s_readable = new() { IgnoreInaccessible = true, AttributesToSkip = FileAttributes.None };

    /// <summary>Those of some users.</summary>
    public static IEnumerable<string> Of(IReadOnlyList<uint> users)
        => users.Distinct().SelectMany(user => HandlerAddress.ExistingDirectories(RuntimeDirectory(user), user)
                // Of another user, nobody else's: root would be told of databases by whoever made it.
                .Where(directory => user == PosixFiles.UserId() || PosixFiles.IsOwnDirectory(directory, user))).Distinct()
            .SelectMany(directory => Directory.EnumerateFiles(directory, $"*{HandlerAddress.Suffix}", s_readable));

    // This process's own environment says it of its own user; of another one, who made it (systemd, pam_systemd(8)).
    private static string? RuntimeDirectory(uint user)
        => user == PosixFiles.UserId() ? Environment.GetEnvironmentVariable(HandlerAddress.RuntimeDirectoryVariable) : $"/run/user/{user}";
}
