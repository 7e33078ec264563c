using System.Runtime.InteropServices;
using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Daemon;

/// <summary>
/// The handler's place in the world: the lock of its address, and the listening socket. When the socket's file exists, it listens: it is bound
/// under a temporary name first, because between bind and listen early clients would be refused.
/// </summary>
internal sealed class HandlerSocket : IDisposable
{
    private const uint OwnerOnly = 0x180; // 0600

    private readonly FileDescriptor _lock;
    private bool _isUnlinked;

    private HandlerSocket(string path, FileDescriptor heldLock, SeqPacketSocket listener)
    {
        Path = path;
        _lock = heldLock;
        Listener = listener;
    }

    /// <summary>The address.</summary>
    public string Path { get; }

    /// <summary>The listening socket.</summary>
    public SeqPacketSocket Listener { get; }

    /// <summary>Takes the address.</summary>
    /// <param name="path">The address.</param>
    /// <param name="database">The database's directory; said beside the address, for who dies before another handler answers there (<see cref="HandlerNote"/>).</param>
    /// <param name="url">Where its reports go; likewise.</param>
    /// <param name="time">The clock.</param>
    /// <param name="isForOthers">Other users may connect; sessions look at each.</param>
    /// <exception cref="AddressHeldException">A live handler has it.</exception>
    /// <exception cref="DaemonException">Its lock is held and nobody answers there.</exception>
    /// <exception cref="SyscallException">The lock or the socket cannot be made.</exception>
    public static HandlerSocket Open(string path, string database, Uri? url, TimeProvider time, bool isForOthers = false)
    {
        FileDescriptor heldLock = TakeLock(path, time);
        string temporary = $"{path}.{Environment.ProcessId}";
        try
        {
            new HandlerNote(database, url).Write(heldLock, HandlerNote.PathFor(path));
            if (Libc.unlink(temporary) != 0 && Marshal.GetLastPInvokeError() != Libc.ENOENT)
            {
                throw SyscallException.Last("unlink", temporary);
            }

            SeqPacketSocket listener = SeqPacketSocket.Listen(temporary, DaemonLimits.ListenBacklog);
            try
            {
                if (isForOthers)
                {
                    PosixFiles.OpenToAll(temporary);
                }

                return Libc.rename(temporary, path) == 0 ? new HandlerSocket(path, heldLock, listener) : throw SyscallException.Last("rename", path);
            }
            catch
            {
                listener.Dispose();
                throw;
            }
        }
        catch
        {
            heldLock.Dispose();
            throw;
        }
    }

    /// <summary>Takes the address out of the world: who connects from now on starts a handler of its own.</summary>
    public void Unlink()
    {
        if (!_isUnlinked)
        {
            _isUnlinked = true;
            // Somebody who removed it before us has done our work.
            _ = Libc.unlink(Path);
        }
    }

    public void Dispose()
    {
        Unlink();
        Listener.Dispose();
        _lock.Dispose();
    }

    private static FileDescriptor TakeLock(string path, TimeProvider time)
    {
        string lockPath = HandlerNote.PathFor(path);
        int fd = Libc.open(lockPath, Libc.O_RDWR | Libc.O_CREAT | Libc.O_NOFOLLOW | Libc.O_CLOEXEC, OwnerOnly);
        if (fd < 0)
        {
            throw SyscallException.Last("open", lockPath, "check that its directory exists and is writable");
        }

        FileDescriptor file = new(fd);
        long began = time.GetTimestamp();
        while (Libc.flock(file.Number, Libc.LOCK_EX | Libc.LOCK_NB) != 0)
        {
            if (HandlerQuery.TryWelcome(path) is { } welcome)
            {
                file.Dispose();
                throw new AddressHeldException(welcome.HandlerProcessId, path, welcome.Database);
            }

            if (time.GetElapsedTime(began) > DaemonLimits.AddressLock)
            {
                file.Dispose();
                throw new DaemonException($"'{lockPath}' is locked by a process that does not answer at '{path}'; end that process, or choose another --pipe");
            }

            Thread.Sleep(DaemonLimits.AddressLockInterval);
        }

        return file;
    }
}
