using System.Text.RegularExpressions;
using CrashHandler.Handler.Doctor.Facts;
using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Doctor.Gathering;

// Owners, modes and mounts. Nothing is made that has a name.
internal static partial class StorageLook
{
    private const uint OwnerOnly = 0x180; // 0600

    // Where the rules of systemd-tmpfiles lie; the first file of a name counts.
    private static readonly string[] s_rules = ["/etc/tmpfiles.d", "/run/tmpfiles.d", "/usr/lib/tmpfiles.d"];

    public static DatabaseFacts? Database(string? path)
    {
        if (path is null)
        {
            return null;
        }

        FileStatus? status = FileStatus.Of(path);
        FileStatus owner = status ?? FileStatus.Of(Existing(path))!.Value;
        return new DatabaseFacts
        {
            Path = path,
            Exists = status is not null,
            IsDirectory = status?.IsDirectory ?? false,
            Owner = owner.UserId,
            Mode = owner.Permissions,
            WhyNotWritable = WhyNotWritable(Existing(path)),
            User = PosixFiles.UserId(),
        };
    }

    public static PersistenceFacts? Persistence(string? path)
        => path is null ? null : new PersistenceFacts(path, FileSystemSpace.Of(Existing(path)).Type, EmptiedBy(path, Rules()));

    /// <summary>The rule that empties a directory above a path, at start or by age (tmpfiles.d(5)); null: none.</summary>
    /// <param name="path">Absolute.</param>
    /// <param name="rules">Lines: type, path, mode, user, group, age.</param>
    internal static string? EmptiedBy(string path, IEnumerable<string> rules)
    {
        foreach (string rule in rules)
        {
            string[] words = Blanks().Split(rule.Trim());
            if (words.Length < 2 || words[0].StartsWith('#'))
            {
                continue;
            }

            bool isAbove = path == words[1] || path.StartsWith(words[1].TrimEnd('/') + "/", StringComparison.Ordinal);
            bool isAged = words.Length > 5 && words[5] is not ("-" or "0");
            if (isAbove && (words[0].StartsWith('D') || words[0].StartsWith('R') || (words[0].IndexOfAny(['d', 'e', 'q', 'Q', 'v']) == 0 && isAged)))
            {
                return $"tmpfiles.d: {string.Join(' ', words)}";
            }
        }

        return null;
    }

    private static IEnumerable<string> Rules()
        => s_rules.Where(Directory.Exists).SelectMany(directory => Directory.EnumerateFiles(directory, "*.conf"))
            .DistinctBy(Path.GetFileName).SelectMany(file => ProcText.TryRead(file)?.Split('\n') ?? []);

    private static string? WhyNotWritable(string directory)
    {
        // A file without a name: a full disk, a quota, and a mount for reading only show, and nothing is left.
        int fd = Libc.open(directory, Libc.O_TMPFILE | Libc.O_WRONLY | Libc.O_CLOEXEC, OwnerOnly);
        if (fd < 0)
        {
            // Not every file system has such files; access(2) sees rights and mounts.
            return Libc.access(directory, Libc.W_OK | Libc.X_OK) == 0 ? null : SyscallException.Last("access", directory).Message;
        }

        using FileDescriptor file = new(fd);
        return TryWrite(file, directory);
    }

    private static unsafe string? TryWrite(FileDescriptor file, string directory)
    {
        byte content = 0;
        return Libc.write(file.Number, &content, 1) == 1 ? null : SyscallException.Last("write", directory).Message;
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
