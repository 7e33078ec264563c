using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Posix;

/// <summary>
/// flock(2) by LockFileEx. What is locked is one byte, further out than any file is long: a lock of Windows' keeps others from reading and writing what it covers, and Linux's does not.
/// It belongs to the handle, and goes with it, also when its process is killed. Win32 neither takes a lock again nor changes its kind: what each handle has is kept here.
/// </summary>
internal static unsafe partial class FileLock
{
    // Both halves of the offset of that byte: 2^62.
    private const uint ByteLow = 0, ByteHigh = 0x40000000;
    private const uint LOCKFILE_FAIL_IMMEDIATELY = 1, LOCKFILE_EXCLUSIVE_LOCK = 2, DUPLICATE_SAME_ACCESS = 2;
    private const nint ThisProcess = -1;
    // Between two tries of who waits: locks are held for milliseconds.
    private const int TryMilliseconds = 5;

    private static readonly ConcurrentDictionary<int, Held> s_held = new();

    /// <summary>What a handle has.</summary>
    private sealed class Held
    {
        /// <summary>0, <see cref="Libc.LOCK_SH"/> or <see cref="Libc.LOCK_EX"/>.</summary>
        public int Kind { get; set; }
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Overlapped
    {
        public nint Internal;
        public nint InternalHigh;
        public uint Offset;
        public uint OffsetHigh;
        public nint Event;
    }

    /// <summary>Takes, changes or gives up a lock, as flock(2) does: to change it is not one step there either.</summary>
    /// <param name="fd">The file.</param>
    /// <param name="operation"><c>LOCK_SH</c>, <c>LOCK_EX</c> or <c>LOCK_UN</c>, with <c>LOCK_NB</c> if it is not waited for.</param>
    /// <returns>0, or -1: EAGAIN when somebody else has it.</returns>
    public static int Set(int fd, int operation)
    {
        int kind = operation & (Libc.LOCK_SH | Libc.LOCK_EX);
        Held held = s_held.GetOrAdd(fd, _ => new Held());
        lock (held)
        {
            if (held.Kind == kind)
            {
                return 0;
            }

            Overlapped place = Place();
            if (held.Kind != 0)
            {
                _ = UnlockFileEx(fd, 0, 1, 0, &place);
                held.Kind = 0;
            }

            if (kind == 0)
            {
                return 0;
            }

            if ((operation & Libc.LOCK_NB) != 0)
            {
                return LockFileEx(fd, Flags(kind) | LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &place) != 0 ? Hold(held, kind) : Win32Error.Fail(nameof(LockFileEx));
            }
        }

        return Wait(fd, kind, held);
    }

    /// <summary>The handle is closed.</summary>
    public static void Forget(int fd) => s_held.TryRemove(fd, out _);

    // By a handle of its own to the same open file: if the other is closed meanwhile, its number may be another file's, and the lock goes with this one. Tried again and again, because
    // a LockFileEx that waits keeps every other call on a synchronous file waiting, by whichever handle: also the one that closes it.
    private static int Wait(int fd, int kind, Held held)
    {
        nint own;
        if (DuplicateHandle(ThisProcess, fd, ThisProcess, &own, 0, 0, DUPLICATE_SAME_ACCESS) == 0)
        {
            return Win32Error.Fail(nameof(DuplicateHandle));
        }

        using FileDescriptor file = new((int)own);
        Overlapped place = Place();
        while (LockFileEx(own, Flags(kind) | LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &place) == 0)
        {
            int code = Marshal.GetLastPInvokeError();
            if (code is not (Win32Error.ERROR_LOCK_VIOLATION or Win32Error.ERROR_IO_PENDING))
            {
                return Win32Error.Fail(nameof(LockFileEx), code);
            }

            if (!s_held.TryGetValue(fd, out Held? now) || now != held)
            {
                // The other was closed meanwhile: nobody wants it any more.
                return Win32Error.Fail(nameof(LockFileEx), Win32Error.ERROR_INVALID_HANDLE);
            }

            Thread.Sleep(TryMilliseconds);
        }

        lock (held)
        {
            return Hold(held, kind);
        }
    }

    private static int Hold(Held held, int kind)
    {
        held.Kind = kind;
        return 0;
    }

    private static uint Flags(int kind) => kind == Libc.LOCK_EX ? LOCKFILE_EXCLUSIVE_LOCK : 0;

    private static Overlapped Place() => new() { Offset = ByteLow, OffsetHigh = ByteHigh };

    [LibraryImport("kernel32", SetLastError = true)] private static partial int LockFileEx(nint file, uint flags, uint reserved, uint bytesLow, uint bytesHigh, Overlapped* place);
    [LibraryImport("kernel32", SetLastError = true)] private static partial int UnlockFileEx(nint file, uint reserved, uint bytesLow, uint bytesHigh, Overlapped* place);
    [LibraryImport("kernel32", SetLastError = true)] private static partial int DuplicateHandle(nint fromProcess, nint handle, nint toProcess, nint* duplicate, uint access, int inherits, uint options);
}
