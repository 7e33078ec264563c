using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Reports;

/// <summary>
/// <c>quarantine/</c>: what was found in a database and belongs to no report, or is a broken one. It is kept for people to look at, and goes before any report does
/// (<see cref="RetentionPolicy"/>). Names say where a thing was: <c>pending-ID.dmp</c>, <c>attachments-ID/</c>.
/// </summary>
/// <param name="root">The database's directory.</param>
internal sealed class Quarantine(string root)
{
    /// <summary>Its name in the database.</summary>
    public const string DirectoryName = "quarantine";

    /// <summary>Absolute path.</summary>
    public string Path { get; } = System.IO.Path.Combine(root, DirectoryName);

    /// <summary>Puts a file or directory in.</summary>
    /// <param name="directory">Where it is: a directory of the database.</param>
    /// <param name="name">Its name there.</param>
    /// <param name="why">What is wrong with it, for people.</param>
    /// <param name="tell">Told of it, in words.</param>
    /// <exception cref="DatabaseException">The quarantine belongs to somebody else.</exception>
    /// <exception cref="SyscallException">It cannot be moved; ENOENT: it is not there any more.</exception>
    public void Take(string directory, string name, string why, Action<string>? tell)
    {
        ReportDatabase.CreateOwn(Path);
        string from = System.IO.Path.Combine(root, directory, name);
        string to = PathOf($"{directory}-{name}");
        // Whatever is there already was put there the same way, and nothing may be lost.
        for (int i = 2; EntryStatus.TryRead(to, out _); i++)
        {
            to = PathOf($"{directory}-{i}-{name}");
        }

        DurableFile.Rename(from, to);
        tell?.Invoke($"'{from}' is kept as '{to}': {why}");
    }

    /// <summary>What is in it, in no order, without what cannot be looked at: nothing else hangs on that.</summary>
    /// <param name="tell">Told of what cannot be looked at.</param>
    /// <exception cref="IOException">It cannot be listed.</exception>
    /// <exception cref="UnauthorizedAccessException">Likewise.</exception>
    public List<StoredItem> Stock(Action<string>? tell = null)
    {
        List<StoredItem> items = [];
        foreach (string path in Directory.Exists(Path) ? Directory.EnumerateFileSystemEntries(Path) : [])
        {
            try
            {
                if (EntryStatus.TryRead(path, out EntryStatus entry))
                {
                    items.Add(new StoredItem
                    {
                        Id = System.IO.Path.GetFileName(path),
                        Kind = StoredKind.Quarantined,
                        Since = DateTimeOffset.FromUnixTimeSeconds(entry.ChangeSeconds),
                        Bytes = DatabaseStock.BytesOf(path),
                    });
                }
            }
            catch (Exception failure) when (failure is SyscallException or IOException or UnauthorizedAccessException)
            {
                tell?.Invoke(DatabaseStock.WhyLeftOut(path, failure));
            }
        }

        return items;
    }

    /// <summary>Absolute path of something that is in it.</summary>
    public string PathOf(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Removes something for good; what is gone already is no failure.</summary>
    /// <exception cref="IOException">It cannot be removed.</exception>
    /// <exception cref="SyscallException">Likewise.</exception>
    public void Remove(string name)
    {
        string path = PathOf(name);
        if (EntryStatus.TryRead(path, out EntryStatus entry) && entry.IsDirectory)
        {
            Directory.Delete(path, recursive: true);
        }
        else
        {
            DurableFile.Remove(path);
        }
    }
}
