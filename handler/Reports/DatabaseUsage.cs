using System.IO.Enumeration;
using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Reports;

/// <summary>What a database takes of its disk, in bytes of its files, by what they are.</summary>
internal sealed record DatabaseUsage
{
    private const string QuarantineName = "quarantine";

    private static readonly EnumerationOptions s_all = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None, IgnoreInaccessible = true };

    /// <summary>Minidumps.</summary>
    public long Dumps { get; private set; }

    /// <summary>Documents of stacks.</summary>
    public long Stacks { get; private set; }

    /// <summary>Records.</summary>
    public long Records { get; private set; }

    public long Attachments { get; private set; }

    public long HeapDumps { get; private set; }

    /// <summary>What is being made, or was left half made.</summary>
    public long Unfinished { get; private set; }

    /// <summary>What was set aside.</summary>
    public long Quarantine { get; private set; }

    /// <summary>The log, the settings, and whatever else is there.</summary>
    public long Other { get; private set; }

    /// <summary>All of it.</summary>
    public long Total => Dumps + Stacks + Records + Attachments + HeapDumps + Unfinished + Quarantine + Other;

    /// <summary>There are more than <see cref="ReportsLimits.CountedFiles"/> files, and not all are counted.</summary>
    public bool IsTruncated { get; private set; }

    /// <summary>Bytes that this user may still take of the file system.</summary>
    public long Free { get; private init; }

    /// <summary>Looks at every file's length.</summary>
    /// <exception cref="IOException">The directory cannot be read.</exception>
    /// <exception cref="SyscallException">The file system does not say what is free.</exception>
    public static DatabaseUsage Of(string database)
    {
        DatabaseUsage usage = new() { Free = FileSystemSpace.Of(database).FreeBytes };
        int left = ReportsLimits.CountedFiles;
        FileSystemEnumerable<bool> files = new(
            database,
            (ref FileSystemEntry entry) =>
            {
                usage.Add(entry.Directory[Math.Min(database.Length + 1, entry.Directory.Length)..], entry.FileName, entry.Length);
                return true;
            },
            s_all)
        {
            // A link's length is its own.
            ShouldIncludePredicate = (ref FileSystemEntry entry) => !entry.IsDirectory,
            ShouldRecursePredicate = (ref FileSystemEntry entry) => (entry.Attributes & FileAttributes.ReparsePoint) == 0,
        };
        foreach (bool _ in files)
        {
            if (--left == 0)
            {
                usage.IsTruncated = true;
                break;
            }
        }

        return usage;
    }

    private void Add(ReadOnlySpan<char> directory, ReadOnlySpan<char> name, long bytes)
    {
        int slash = directory.IndexOf(Path.DirectorySeparatorChar);
        switch (slash < 0 ? directory : directory[..slash])
        {
            case ReportDatabase.PendingName or ReportDatabase.CompletedName when name.EndsWith(ReportDatabase.DumpExtension):
                Dumps += bytes;
                break;
            case ReportDatabase.PendingName or ReportDatabase.CompletedName when name.EndsWith(ReportDatabase.StacksExtension):
                Stacks += bytes;
                break;
            case ReportDatabase.PendingName or ReportDatabase.CompletedName:
                Records += bytes;
                break;
            case ReportDatabase.AttachmentsName:
                Attachments += bytes;
                break;
            case ReportDatabase.HeapDumpsName:
                HeapDumps += bytes;
                break;
            case ReportDatabase.NewName:
                Unfinished += bytes;
                break;
            case QuarantineName:
                Quarantine += bytes;
                break;
            default:
                Other += bytes;
                break;
        }
    }
}
