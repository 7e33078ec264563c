using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Daemon;

/// <summary>The handler's place in the world: its pipe, whose name nobody else can have as long as one of its instances is there.</summary>
internal sealed class HandlerSocket : IDisposable
{
    private HandlerSocket(string path, SeqPacketSocket listener)
    {
        Path = path;
        Listener = listener;
    }

    /// <summary>The address.</summary>
    public string Path { get; }

    /// <summary>The listening pipe.</summary>
    public SeqPacketSocket Listener { get; }

    /// <summary>Takes the address.</summary>
    /// <param name="path">The address.</param>
    /// <param name="database">Left unsaid: a process that starts a handler for its own death knows it from its Welcome.</param>
    /// <param name="url">Likewise.</param>
    /// <param name="time">The clock.</param>
    /// <param name="isForOthers">Never: see <see cref="ServedUsers"/>.</param>
    /// <exception cref="AddressHeldException">A live handler has it.</exception>
    /// <exception cref="DaemonException">Somebody has it who does not answer.</exception>
    /// <exception cref="SyscallException">The pipe cannot be made.</exception>
    public static HandlerSocket Open(string path, string database, Uri? url, TimeProvider time, bool isForOthers = false)
    {
        if (!path.StartsWith(HandlerAddress.PipeDirectory, StringComparison.OrdinalIgnoreCase))
        {
            throw new DaemonException($"'{path}' is no name of a pipe; give --pipe one that begins with {HandlerAddress.PipeDirectory}");
        }

        long began = time.GetTimestamp();
        while (true)
        {
            try
            {
                return new HandlerSocket(path, SeqPacketSocket.Listen(path, DaemonLimits.ReadyInstances));
            }
            catch (SyscallException held) when (held.Errno == Libc.EACCES)
            {
                if (HandlerQuery.TryWelcome(path) is { } welcome)
                {
                    throw new AddressHeldException(welcome.HandlerProcessId, path, welcome.Database);
                }

                // A handler at its end has it for a moment more.
                if (time.GetElapsedTime(began) > DaemonLimits.AddressLock)
                {
                    throw new DaemonException($"'{path}' is held by a process that does not answer there, or by another user's; end that process, or choose another --pipe");
                }
            }

            Thread.Sleep(DaemonLimits.AddressLockInterval);
        }
    }

    /// <summary>Takes the address out of the world: nobody can connect from now on, and another handler can have it when this one ends.</summary>
    public void Unlink() => Listener.StopListening();

    public void Dispose() => Listener.Dispose();
}
