using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Daemon;

/// <summary>
/// Tells when somebody else changed the database: another handler filed a report, an operator asked for one or changed the settings. By inotify(7),
/// on the event loop's thread; every change that matters is a file renamed into its place.
/// </summary>
internal sealed unsafe class DatabaseWatch : IDisposable
{
    // struct inotify_event: i32 wd, u32 mask, u32 cookie, u32 length of the name, then the name, padded with zeros.
    private const int EventHeaderBytes = 16;
    private const int EventLengthOffset = 12;
    private const int BufferBytes = 4_096;

    private readonly EventLoop _loop;
    private readonly FileDescriptor _inotify;
    private readonly Func<string, bool> _matters;
    private readonly Action _changed;

    private DatabaseWatch(EventLoop loop, FileDescriptor inotify, Func<string, bool> matters, Action changed)
    {
        _loop = loop;
        _inotify = inotify;
        _matters = matters;
        _changed = changed;
        loop.Add(inotify.Number, _ => Read());
    }

    /// <summary>Begins to watch.</summary>
    /// <param name="loop">On whose thread.</param>
    /// <param name="directories">Where.</param>
    /// <param name="matters">Whether a file of this name is worth a look.</param>
    /// <param name="changed">Called after changes, at least once.</param>
    /// <param name="events">What counts as a change (inotify(7)).</param>
    /// <exception cref="SyscallException">The kernel has no more of them for this user.</exception>
    public static DatabaseWatch Start(EventLoop loop, IEnumerable<string> directories, Func<string, bool> matters, Action changed, uint events = Libc.IN_MOVED_TO)
    {
        int fd = Libc.inotify_init1(Libc.IN_NONBLOCK | Libc.IN_CLOEXEC);
        FileDescriptor inotify = fd >= 0 ? new FileDescriptor(fd) : throw SyscallException.Last("inotify_init1");
        try
        {
            foreach (string directory in directories)
            {
                if (Libc.inotify_add_watch(inotify.Number, directory, events) < 0)
                {
                    throw SyscallException.Last("inotify_add_watch", directory);
                }
            }

            return new DatabaseWatch(loop, inotify, matters, changed);
        }
        catch
        {
            inotify.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _loop.Remove(_inotify.Number);
        _inotify.Dispose();
    }

    private void Read()
    {
        bool isWorth = false;
        byte* buffer = stackalloc byte[BufferBytes];
        nint length;
        while ((length = Libc.read(_inotify.Number, buffer, BufferBytes)) > 0 || (length < 0 && Marshal.GetLastPInvokeError() == Libc.EINTR))
        {
            isWorth |= AnyMatters(new ReadOnlySpan<byte>(buffer, (int)Math.Max(length, 0)));
        }

        if (isWorth)
        {
            _changed();
        }
    }

    private bool AnyMatters(ReadOnlySpan<byte> events)
    {
        while (events.Length >= EventHeaderBytes)
        {
            int nameLength = BinaryPrimitives.ReadInt32LittleEndian(events[EventLengthOffset..]);
            // Without a name: the queue of events was too short, and nobody knows what there was.
            if (nameLength == 0 || _matters(Encoding.UTF8.GetString(events.Slice(EventHeaderBytes, nameLength).TrimEnd((byte)0))))
            {
                return true;
            }

            events = events[(EventHeaderBytes + nameLength)..];
        }

        return false;
    }
}
