using System.Runtime.InteropServices;
using System.Text;

namespace CrashHandler.Benchmarks.Capture;

/// <summary>
/// Sees when a dump is complete: its signature, which is written last, is there, under whatever name. inotify by hand, because a FileSystemWatcher tells
/// later, and from another thread.
/// </summary>
internal sealed unsafe partial class DumpWatch : IDisposable
{
    private const uint IN_MODIFY = 0x2;
    private const uint IN_MOVED_TO = 0x80;
    private const int IN_CLOEXEC = 0x80000;
    private const int O_RDONLY = 0;
    private const int O_CLOEXEC = 0x80000;
    private const int EventHeaderBytes = 16;
    private const int NameLengthOffset = 12;
    private const int BufferBytes = 65_536;
    private const short POLLIN = 1;
    private const int EINTR = 4;

    private readonly int _inotify = inotify_init1(IN_CLOEXEC);
    private readonly string _new;
    private readonly HashSet<string> _complete = [];

    /// <param name="database">Where the handler keeps its reports; it exists.</param>
    public DumpWatch(string database)
    {
        _new = Path.Combine(database, "new");
        if (_inotify < 0 || inotify_add_watch(_inotify, _new, IN_MODIFY) < 0 || inotify_add_watch(_inotify, Path.Combine(database, "pending"), IN_MOVED_TO) < 0)
        {
            throw new IOException($"no inotify: errno {Marshal.GetLastPInvokeError()}");
        }
    }

    /// <summary>Waits for dumps.</summary>
    /// <param name="count">How many.</param>
    /// <param name="limit">At most.</param>
    /// <returns>When the last one was complete: nanoseconds of CLOCK_MONOTONIC.</returns>
    /// <exception cref="TimeoutException">They did not all come.</exception>
    public long WaitFor(int count, TimeSpan limit)
    {
        int found = 0;
        long last = 0;
        long deadline = Environment.TickCount64 + (long)limit.TotalMilliseconds;
        byte[] buffer = new byte[BufferBytes];
        while (found < count)
        {
            PollFd poll = new() { Fd = _inotify, Events = POLLIN };
            int ready = Poll(&poll, 1, (int)Math.Max(0, deadline - Environment.TickCount64));
            if (ready < 0 && Marshal.GetLastPInvokeError() == EINTR)
            {
                continue; // A victim ended.
            }

            if (ready <= 0)
            {
                throw new TimeoutException($"{found} of {count} dumps within {limit.TotalSeconds} s");
            }

            nint length;
            fixed (byte* start = buffer)
            {
                length = read(_inotify, start, buffer.Length);
            }

            long now = Now();
            for (int at = 0; at < length;)
            {
                int nameLength = BitConverter.ToInt32(buffer, at + NameLengthOffset);
                string name = Encoding.UTF8.GetString(buffer, at + EventHeaderBytes, nameLength).TrimEnd('\0');
                at += EventHeaderBytes + nameLength;
                if (name.EndsWith(".dmp", StringComparison.Ordinal) && !_complete.Contains(name) && IsComplete(Path.Combine(_new, name)))
                {
                    _complete.Add(name);
                    found++;
                    last = now;
                }
            }
        }

        return last;
    }

    /// <summary>CLOCK_MONOTONIC, nanoseconds.</summary>
    public static long Now() => System.Diagnostics.Stopwatch.GetTimestamp() * (1_000_000_000 / System.Diagnostics.Stopwatch.Frequency);

    public void Dispose() => _ = close(_inotify);

    private static bool IsComplete(string path)
    {
        // By hand too: the machine is busy with what is measured.
        int file = open(path, O_RDONLY | O_CLOEXEC);
        if (file < 0)
        {
            return true; // It has been filed since.
        }

        Span<byte> signature = stackalloc byte[4];
        nint length;
        fixed (byte* start = signature)
        {
            length = read(file, start, signature.Length);
        }

        _ = close(file);
        return length == signature.Length && signature.SequenceEqual("MDMP"u8);
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct PollFd
    {
        public int Fd;
        public short Events;
        public short Returned;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int inotify_init1(int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int inotify_add_watch(int inotify, string path, uint mask);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(PollFd* polls, ulong count, int timeout);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint read(int file, byte* buffer, nint length);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc")]
    private static partial int close(int file);
}
