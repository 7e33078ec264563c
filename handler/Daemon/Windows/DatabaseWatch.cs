using System.ComponentModel;
using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Daemon;

/// <summary>
/// Tells when somebody else changed the database: another handler filed a report, an operator asked for one or changed the settings. By ReadDirectoryChangesW, told on the event loop's thread;
/// every change that matters is a file renamed into its place.
/// </summary>
internal sealed class DatabaseWatch : IDisposable
{
    private readonly List<FileSystemWatcher> _watchers = [];
    private readonly EventLoop _loop;
    private readonly Func<string, bool> _matters;
    private readonly Action _changed;
    private int _isTold;
    private volatile bool _isDisposed;

    private DatabaseWatch(EventLoop loop, Func<string, bool> matters, Action changed)
    {
        _loop = loop;
        _matters = matters;
        _changed = changed;
    }

    /// <summary>Begins to watch.</summary>
    /// <param name="loop">On whose thread.</param>
    /// <param name="directories">Where.</param>
    /// <param name="matters">Whether a file of this name is worth a look. From any thread.</param>
    /// <param name="changed">Called after changes, at least once.</param>
    /// <param name="events">What counts as a change: a file's coming, or with <see cref="Libc.IN_MODIFY"/> its growth.</param>
    /// <exception cref="IOException">A directory cannot be watched.</exception>
    public static DatabaseWatch Start(EventLoop loop, IEnumerable<string> directories, Func<string, bool> matters, Action changed, uint events = Libc.IN_MOVED_TO)
    {
        DatabaseWatch watch = new(loop, matters, changed);
        try
        {
            foreach (string directory in directories)
            {
                watch.Watch(directory, growth: (events & Libc.IN_MODIFY) != 0);
            }

            return watch;
        }
        catch (Exception failure) when (failure is ArgumentException or Win32Exception)
        {
            watch.Dispose();
            throw new IOException($"changes of the database cannot be watched: {failure.Message}", failure);
        }
    }

    public void Dispose()
    {
        _isDisposed = true;
        _watchers.ForEach(watcher => watcher.Dispose());
    }

    private void Watch(string directory, bool growth)
    {
        FileSystemWatcher watcher = new(directory) { NotifyFilter = NotifyFilters.FileName | (growth ? NotifyFilters.Size : 0) };
        _watchers.Add(watcher);
        // A file moved in from another directory is a new one.
        watcher.Created += (_, file) => Tell(file.Name);
        watcher.Renamed += (_, file) => Tell(file.Name);
        // There were more than could be told, and nobody knows what.
        watcher.Error += (_, _) => Tell(null);
        if (growth)
        {
            watcher.Changed += (_, file) => Tell(file.Name);
        }

        watcher.EnableRaisingEvents = true;
    }

    // On a thread of the pool. Told once until it was looked at.
    private void Tell(string? name)
    {
        if ((name is null || _matters(name)) && Interlocked.Exchange(ref _isTold, 1) == 0)
        {
            _loop.Post(() =>
            {
                Volatile.Write(ref _isTold, 0);
                if (!_isDisposed)
                {
                    _changed();
                }
            });
        }
    }
}
