using System.Text.Json;
using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Stacks;

namespace CrashHandler.Handler.Reports;

/// <summary>
/// The database's settings, shared by every handler on it through <c>settings.lock</c>. Two files hold them, so that a broken one never costs the
/// <c>guid</c>: the other one is taken, and a broken one is set aside before it is written anew.
/// </summary>
internal sealed class DatabaseSettings
{
    /// <summary>Name of the first of the two files.</summary>
    public const string FileName = "settings.json";

    private const string BackupName = "settings.json.bak";
    private const string LockName = "settings.lock";

    private readonly string _directory;
    private readonly Lazy<Guid> _clientId;
    private volatile StoredSettings? _known;

    /// <summary>The settings of a directory; nothing is read or made yet, so that looking at a database changes nothing.</summary>
    public DatabaseSettings(string directory)
    {
        _directory = directory;
        // A failure is not kept: who mends the files need not start the handler again.
        _clientId = new Lazy<Guid>(FindClientId, LazyThreadSafetyMode.PublicationOnly);
    }

    /// <summary>The form's <c>guid</c>, made at the first call for a new database.</summary>
    /// <exception cref="DatabaseException">Both files are broken, or they must be made or mended and somebody else holds their lock.</exception>
    /// <exception cref="SyscallException">They cannot be read or made.</exception>
    public Guid ClientId => _clientId.Value;

    /// <summary>The application's choice; true as long as none was made.</summary>
    /// <exception cref="DatabaseException">Both files are broken.</exception>
    /// <exception cref="SyscallException">They cannot be read.</exception>
    public bool Uploads => Read()?.Uploads ?? true;

    /// <summary>Whether the operator allows uploads.</summary>
    /// <exception cref="DatabaseException">Both files are broken.</exception>
    /// <exception cref="SyscallException">They cannot be read.</exception>
    public bool OperatorUploads => !(Read()?.OperatorUploadsOff ?? false);

    /// <summary>Whether the operator paused uploads.</summary>
    /// <exception cref="DatabaseException">Both files are broken.</exception>
    /// <exception cref="SyscallException">They cannot be read.</exception>
    public bool IsPaused => Read()?.UploadsPaused ?? false;

    /// <summary>What the application and the operator together make of uploads.</summary>
    /// <exception cref="DatabaseException">Both files are broken: nobody can say.</exception>
    /// <exception cref="SyscallException">They cannot be read.</exception>
    public UploadPermission UploadPermission => Read() switch
    {
        { Uploads: false } or { OperatorUploadsOff: true } => UploadPermission.Off,
        { UploadsPaused: true } => UploadPermission.Paused,
        _ => UploadPermission.On,
    };

    /// <summary>When a report under the rate limit was last sent; null: never.</summary>
    /// <exception cref="DatabaseException">Both files are broken.</exception>
    /// <exception cref="SyscallException">They cannot be read.</exception>
    public DateTimeOffset? LastLimitedUpload => Read()?.LastLimitedUpload;

    /// <summary>Whether the main process that started last has crashed, and how many did in a row.</summary>
    /// <exception cref="DatabaseException">Both files are broken.</exception>
    /// <exception cref="SyscallException">They cannot be read.</exception>
    public (bool HasCrashed, int CrashesInARow) LastRun => Read() is { } settings ? (settings.LastRunCrashed, settings.CrashesInARow) : (false, 0);

    /// <summary>Stores the application's choice.</summary>
    /// <exception cref="DatabaseException">Both files are broken, or somebody else holds their lock; they stay as they are.</exception>
    /// <exception cref="SyscallException">They cannot be read or written.</exception>
    public void SetUploads(bool upload) => Change(settings => settings with { Uploads = upload });

    /// <summary>Stores the operator's lock: off, and no application lifts it.</summary>
    /// <exception cref="DatabaseException">Both files are broken, or somebody else holds their lock; they stay as they are.</exception>
    /// <exception cref="SyscallException">They cannot be read or written.</exception>
    public void SetOperatorUploads(bool upload) => Change(settings => settings with { OperatorUploadsOff = !upload });

    /// <summary>Stores the operator's pause.</summary>
    /// <exception cref="DatabaseException">Both files are broken, or somebody else holds their lock; they stay as they are.</exception>
    /// <exception cref="SyscallException">They cannot be read or written.</exception>
    public void SetPaused(bool paused) => Change(settings => settings with { UploadsPaused = paused });

    /// <summary>Stores when a report under the rate limit is sent.</summary>
    /// <exception cref="DatabaseException">Both files are broken, or somebody else holds their lock; they stay as they are.</exception>
    /// <exception cref="SyscallException">They cannot be read or written.</exception>
    public void SetLastLimitedUpload(DateTimeOffset time) => Change(settings => settings with { LastLimitedUpload = time });

    /// <summary>A main process starts: it has not crashed yet.</summary>
    /// <exception cref="DatabaseException">Both files are broken, or somebody else holds their lock; they stay as they are.</exception>
    /// <exception cref="SyscallException">They cannot be read or written.</exception>
    public void BeginRun() => Change(settings => settings with { LastRunCrashed = false });

    /// <summary>A main process ended as it should.</summary>
    /// <exception cref="DatabaseException">Both files are broken, or somebody else holds their lock; they stay as they are.</exception>
    /// <exception cref="SyscallException">They cannot be read or written.</exception>
    public void EndRun() => Change(settings => settings with { LastRunCrashed = false, CrashesInARow = 0 });

    /// <summary>A main process crashed. Counted once, whoever says it again.</summary>
    /// <param name="report">Its report's id.</param>
    /// <exception cref="DatabaseException">Both files are broken, or somebody else holds their lock; they stay as they are.</exception>
    /// <exception cref="SyscallException">They cannot be read or written.</exception>
    public void CountCrash(string report) => Change(settings => settings.LastCrash == report ? settings
        : settings with { LastRunCrashed = true, CrashesInARow = settings.CrashesInARow + 1, LastCrash = report });

    // Two whole and equal copies need no lock: a capture must not wait for a handler that is stopped.
    private Guid FindClientId()
    {
        byte[]? first = ReadIfSmall(FileName);
        byte[]? second = ReadIfSmall(BackupName);
        return first is not null && first.AsSpan().SequenceEqual(second) && Read() is { } settled ? settled.Guid : Change(settings => settings).Guid;
    }

    private byte[]? ReadIfSmall(string name)
    {
        try
        {
            return DurableFile.Read(Path.Combine(_directory, name), ReportsLimits.MaxJsonBytes);
        }
        catch (InvalidDataException)
        {
            // Too long to be whole; Change says so where it matters.
            return null;
        }
    }

    private StoredSettings Change(Func<StoredSettings, StoredSettings> change)
    {
        string path = Path.Combine(_directory, LockName);
        using FileDescriptor held = DurableFile.OpenLock(path);
        if (!DurableFile.TryLock(held, path, ReportsLimits.SettingsLock))
        {
            throw new DatabaseException($"'{path}' has been locked for {ReportsLimits.SettingsLock.TotalSeconds} s; the handler that holds it may be stopped: continue it, or end it");
        }

        StoredSettings after = change(Read() ?? new StoredSettings { Guid = Guid.NewGuid() });
        byte[] contents = JsonSerializer.SerializeToUtf8Bytes(after, ReportsJson.Default.StoredSettings);
        Store(Path.Combine(_directory, FileName), contents);
        Store(Path.Combine(_directory, BackupName), contents);
        _known = after;
        return after;
    }

    /// <summary>
    /// What the first whole file says; null: there is none yet. Where there was one, and the directory was removed while its handler runs, what it said still holds: whoever
    /// wants no uploads gets none.
    /// </summary>
    private StoredSettings? Read()
    {
        string? problem = null;
        foreach (string name in (ReadOnlySpan<string>)[FileName, BackupName])
        {
            string path = Path.Combine(_directory, name);
            try
            {
                if (DurableFile.Read(path, ReportsLimits.MaxJsonBytes) is { } contents)
                {
                    return _known = Parse(contents);
                }
            }
            catch (Exception broken) when (broken is JsonException or InvalidDataException)
            {
                problem ??= $"'{path}' is broken ({broken.Message})";
            }
        }

        return problem is null ? _known
            : throw new DatabaseException($"{problem} and no other copy is whole; restore it, or remove {FileName} and {BackupName} to start with a new guid");
    }

    private static StoredSettings Parse(ReadOnlySpan<byte> contents)
    {
        JsonTexts.Require(contents, ReportsLimits.JsonDepth);
        return JsonSerializer.Deserialize(contents, ReportsJson.Default.StoredSettings) ?? throw new JsonException("it says null");
    }

    private static void Store(string path, ReadOnlySpan<byte> contents)
    {
        try
        {
            if (DurableFile.Read(path, ReportsLimits.MaxJsonBytes) is { } before)
            {
                if (contents.SequenceEqual(before))
                {
                    return;
                }

                _ = Parse(before);
            }
        }
        catch (Exception broken) when (broken is JsonException or InvalidDataException)
        {
            DurableFile.Rename(path, $"{path}.broken-{DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()}");
        }

        DurableFile.Write(path, contents);
    }
}
