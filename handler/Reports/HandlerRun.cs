using System.Globalization;
using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Reports;

/// <summary>
/// One handler's life on a database, as a file in <c>handlers/</c> that says where it listens: locked while it lives, removed when it ends in order. Whoever finds one that is not locked
/// gives it the name of a death, in one step. What a restart of the machine or the end of a container killed is none.
/// </summary>
internal sealed class HandlerRun : IDisposable
{
    /// <summary>Name of the directory in the database.</summary>
    public const string DirectoryName = "handlers";

    private const string BegunPrefix = "new-";
    private const string RunPrefix = "run-";
    private const string DeathPrefix = "died-";

    private readonly FileDescriptor _lock;
    private readonly string _path;

    private HandlerRun(FileDescriptor heldLock, string path)
    {
        _lock = heldLock;
        _path = path;
    }

    /// <summary>Begins this process's, and counts those that did not end as they should.</summary>
    /// <param name="database">The database's directory.</param>
    /// <param name="address">Where this one listens.</param>
    /// <param name="died">Told of each.</param>
    /// <exception cref="SyscallException">The disk failed.</exception>
    /// <exception cref="IOException">Likewise.</exception>
    public static HandlerRun Begin(string database, string address, Action<HandlerDeath> died)
    {
        string directory = Path.Combine(database, DirectoryName);
        PosixFiles.CreatePrivateDirectory(directory);
        string place = HandlerPlace.Name();
        foreach (string path in Directory.GetFiles(directory))
        {
            string name = Path.GetFileName(path);
            if (!name.StartsWith(DeathPrefix, StringComparison.Ordinal))
            {
                Bury(path, name, place, died);
            }
        }

        Forget(directory);
        string temporary = Path.Combine(directory, string.Create(CultureInfo.InvariantCulture, $"{BegunPrefix}{place}-{Environment.ProcessId}"));
        string final = Path.Combine(directory, string.Create(CultureInfo.InvariantCulture, $"{RunPrefix}{place}-{Environment.ProcessId}"));
        // One of that name is of a process that had this pid: it was locked by somebody just now.
        DurableFile.Remove(temporary);
        FileDescriptor file = DurableFile.Create(temporary);
        try
        {
            // Under a name that counts for nothing it may still be unlocked.
            _ = DurableFile.TryLock(file, temporary);
            SayAddress(file, temporary, address);
            DurableFile.Rename(temporary, final);
            return new HandlerRun(file, final);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The deaths that are known, newest first: at most <see cref="ReportsLimits.HandlerDeaths"/>. Looking changes nothing.</summary>
    /// <exception cref="SyscallException">A file cannot be opened or locked.</exception>
    /// <exception cref="IOException">The directory cannot be read.</exception>
    public static IReadOnlyList<HandlerDeath> Deaths(string database)
    {
        string directory = Path.Combine(database, DirectoryName);
        List<HandlerDeath> deaths = [];
        if (!Directory.Exists(directory))
        {
            return deaths;
        }

        string place = HandlerPlace.Name();
        string[] paths = Directory.GetFiles(directory);
        Array.Sort(paths, string.CompareOrdinal);
        Array.Reverse(paths);
        foreach (string path in paths)
        {
            string name = Path.GetFileName(path);
            if (name.StartsWith($"{RunPrefix}{place}-", StringComparison.Ordinal) && IsFree(path))
            {
                deaths.Insert(0, new HandlerDeath(ProcessIdIn(name), Noticed: null));
            }
            else if (name.StartsWith(DeathPrefix, StringComparison.Ordinal) && long.TryParse(name.AsSpan(DeathPrefix.Length, Math.Max(0, name.LastIndexOf('-') - DeathPrefix.Length)), CultureInfo.InvariantCulture, out long noticed)
                && noticed >= 0 && noticed <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds())
            {
                deaths.Add(new HandlerDeath(ProcessIdIn(name), DateTimeOffset.FromUnixTimeMilliseconds(noticed)));
            }
        }

        return deaths;
    }

    /// <summary>Where the living ones say that they listen, wherever that is.</summary>
    /// <exception cref="SyscallException">A file cannot be read or locked.</exception>
    /// <exception cref="IOException">The directory cannot be read.</exception>
    public static IReadOnlyList<string> Addresses(string database)
    {
        string directory = Path.Combine(database, DirectoryName);
        List<string> addresses = [];
        string prefix = $"{RunPrefix}{HandlerPlace.Name()}-";
        foreach (string path in Directory.Exists(directory) ? Directory.GetFiles(directory, prefix + "*") : [])
        {
            if (!IsFree(path) && AddressIn(path) is { } address)
            {
                addresses.Add(address);
            }
        }

        return addresses;
    }

    private static string? AddressIn(string path)
    {
        try
        {
            return DurableFile.Read(path, ReportsLimits.AddressBytes) is { Length: > 0 } address ? System.Text.Encoding.UTF8.GetString(address) : null;
        }
        catch (InvalidDataException)
        {
            // Longer than any socket's path: no handler wrote it.
            return null;
        }
    }

    /// <summary>It ends in order.</summary>
    public void Dispose()
    {
        // A database that is gone takes it along.
        _ = Libc.unlink(_path);
        _lock.Dispose();
    }

    private static void SayAddress(FileDescriptor file, string path, string address)
    {
        try
        {
            WholeWrite.To(file.Number, System.Text.Encoding.UTF8.GetBytes(address), path);
        }
        catch (SyscallException full) when (full.Errno is Libc.ENOSPC or Libc.EDQUOT)
        {
            // Its death counts without; who looks for it by its database finds it at the usual place only.
        }
    }

    private static void Bury(string path, string name, string place, Action<HandlerDeath> died)
    {
        using FileDescriptor? file = OpenIfThere(path);
        if (file is null || !DurableFile.TryLock(file, path))
        {
            return;
        }

        if (!name.StartsWith($"{RunPrefix}{place}-", StringComparison.Ordinal))
        {
            DurableFile.Remove(path);
            return;
        }

        HandlerDeath death = new(ProcessIdIn(name), DateTimeOffset.UtcNow);
        string grave = string.Create(CultureInfo.InvariantCulture, $"{DeathPrefix}{death.Noticed!.Value.ToUnixTimeMilliseconds()}-{death.ProcessId}");
        // Of two that look at once, the other may have been here between its listing and this lock.
        if (Libc.rename(path, Path.Combine(Path.GetDirectoryName(path)!, grave)) == 0)
        {
            died(death);
        }
    }

    private static void Forget(string directory)
    {
        string[] deaths = Directory.GetFiles(directory, DeathPrefix + "*");
        // Their names begin with the time, in as many digits for all of this and the next two centuries.
        Array.Sort(deaths, string.CompareOrdinal);
        for (int i = 0; i < deaths.Length - ReportsLimits.HandlerDeaths; i++)
        {
            DurableFile.Remove(deaths[i]);
        }
    }

    private static bool IsFree(string path)
    {
        using FileDescriptor? file = OpenIfThere(path);
        return file is not null && DurableFile.TryLock(file, path);
    }

    private static FileDescriptor? OpenIfThere(string path)
    {
        try
        {
            return DurableFile.OpenRead(path);
        }
        catch (SyscallException gone) when (gone.Errno == Libc.ENOENT)
        {
            return null;
        }
    }

    private static int ProcessIdIn(string name) => int.TryParse(name.AsSpan(name.LastIndexOf('-') + 1), CultureInfo.InvariantCulture, out int pid) ? pid : 0;
}
