using System.Text.Json;
using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Reports;

/// <summary>
/// The database's settings, shared by every handler on it through <c>settings.lock</c>. Two files hold them, so that a broken one never costs the
/// <c>guid</c>: a broken file is set aside, and the other one is taken.
/// </summary>
internal sealed class DatabaseSettings
{
    private const string FileName = "settings.json";
    private const string BackupName = "settings.json.bak";
    private const string LockName = "settings.lock";

    private readonly string _directory;
    private readonly Lazy<Guid> _clientId;

    /// <summary>The settings of a directory; nothing is read or made yet, so that looking at a database changes nothing.</summary>
    public DatabaseSettings(string directory)
    {
        _directory = directory;
        _clientId = new Lazy<Guid>(() => Change(settings => settings).Guid);
    }

    /// <summary>The form's <c>guid</c>, made at the first call for a new database.</summary>
    /// <exception cref="DatabaseException">Both files are broken.</exception>
    /// <exception cref="SyscallException">They cannot be read or made.</exception>
    public Guid ClientId => _clientId.Value;

    /// <summary>The application's choice; true as long as none was made.</summary>
    /// <exception cref="DatabaseException">Both files are broken.</exception>
    public bool Uploads => Current()?.Uploads ?? true;

    /// <summary>Whether both the application and the operator allow uploads.</summary>
    /// <exception cref="DatabaseException">Both files are broken.</exception>
    public bool IsUploadAllowed => Current() is not { } settings || ((settings.Uploads ?? true) && !settings.OperatorUploadsOff);

    /// <summary>Stores the application's choice.</summary>
    public void SetUploads(bool upload) => Change(settings => settings with { Uploads = upload });

    private StoredSettings? Current()
    {
        try
        {
            return Read(FileName);
        }
        catch (JsonException)
        {
            return Change(settings => settings);
        }
    }

    private StoredSettings Change(Func<StoredSettings, StoredSettings> change)
    {
        using FileDescriptor held = DurableFile.OpenLock(Path.Combine(_directory, LockName));
        if (Libc.flock(held.Number, Libc.LOCK_EX) != 0)
        {
            throw SyscallException.Last("flock", Path.Combine(_directory, LockName));
        }

        StoredSettings? before = ReadOrSetAside(FileName) ?? ReadOrSetAside(BackupName);
        if (before is null && Directory.EnumerateFiles(_directory, $"{FileName}*.broken-*").Any())
        {
            throw new DatabaseException($"the settings in '{_directory}' are broken; restore {FileName} from the '.broken-*' file beside it, or remove that file to start with a new guid");
        }

        StoredSettings after = change(before ?? new StoredSettings { Guid = Guid.NewGuid() });
        if (after != before || !File.Exists(Path.Combine(_directory, FileName)))
        {
            byte[] contents = JsonSerializer.SerializeToUtf8Bytes(after, ReportsJson.Default.StoredSettings);
            DurableFile.Write(Path.Combine(_directory, FileName), contents);
            DurableFile.Write(Path.Combine(_directory, BackupName), contents);
        }

        return after;
    }

    private StoredSettings? ReadOrSetAside(string name)
    {
        try
        {
            return Read(name);
        }
        catch (JsonException)
        {
            string path = Path.Combine(_directory, name);
            DurableFile.Rename(path, $"{path}.broken-{DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()}");
            return null;
        }
    }

    private StoredSettings? Read(string name)
    {
        string path = Path.Combine(_directory, name);
        return File.Exists(path) ? JsonSerializer.Deserialize(File.ReadAllBytes(path), ReportsJson.Default.StoredSettings) : null;
    }
}
