using System.Runtime.InteropServices;
using System.Text;

namespace CrashHandler.Handler.Posix;

/// <summary>A Unix socket of type SOCK_SEQPACKET (unix(7)): one packet is one message. Non-blocking unless said otherwise.</summary>
internal sealed unsafe class SeqPacketSocket : IDisposable
{
    /// <summary>Bytes of <c>sun_path</c>, its terminating zero included (unix(7)).</summary>
    public const int MaxPathBytes = 108;

    // Room for one credentials message and for all descriptors that a packet may carry (SCM_MAX_FD of the kernel): one that has no room is closed by the kernel at once,
    // on this thread, and one that lingers would be waited for.
    private const int ControlBytes = 32 + 16 + (MaxDescriptors * sizeof(int)) + 4;
    private const int MaxDescriptors = 253;

    private readonly FileDescriptor _fd;

    private SeqPacketSocket(FileDescriptor fd) => _fd = fd;

    /// <summary>The descriptor.</summary>
    public int Number => _fd.Number;

    /// <summary>Binds and listens; the socket file exists from the bind on.</summary>
    /// <exception cref="SyscallException">socket, bind or listen failed.</exception>
    public static SeqPacketSocket Listen(string path, int backlog)
    {
        SeqPacketSocket listener = Open(Libc.SOCK_NONBLOCK);
        try
        {
            // Accepted sockets inherit it: no packet is received without its sender's credentials.
            int on = 1;
            Check(Libc.setsockopt(listener.Number, Libc.SOL_SOCKET, Libc.SO_PASSCRED, &on, sizeof(int)), "setsockopt SO_PASSCRED", path);
            byte[] address = Address(path);
            fixed (byte* bytes = address)
            {
                Check(Libc.bind(listener.Number, bytes, (uint)address.Length), "bind", path);
            }

            Check(Libc.listen(listener.Number, backlog), "listen", path);
            return listener;
        }
        catch
        {
            listener.Dispose();
            throw;
        }
    }

    /// <summary>Connects a blocking socket.</summary>
    /// <exception cref="SyscallException">socket or connect failed.</exception>
    public static SeqPacketSocket Connect(string path)
    {
        SeqPacketSocket socket = Open(0);
        try
        {
            byte[] address = Address(path);
            fixed (byte* bytes = address)
            {
                Check(Libc.connect(socket.Number, bytes, (uint)address.Length), "connect", path);
            }

            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Takes over one end of a socketpair that this process was started with.</summary>
    /// <exception cref="SyscallException">It is no open socket.</exception>
    public static SeqPacketSocket Inherited(int fd)
    {
        Check(Libc.fcntl(fd, Libc.F_SETFD, Libc.FD_CLOEXEC), "fcntl F_SETFD", $"fd {fd}");
        return new SeqPacketSocket(new FileDescriptor(fd));
    }

    /// <summary>Accepts one connection, or null when none waits.</summary>
    /// <exception cref="SyscallException">accept4 failed otherwise.</exception>
    public SeqPacketSocket? Accept()
    {
        while (true)
        {
            int fd = Libc.accept4(Number, 0, 0, Libc.SOCK_NONBLOCK | Libc.SOCK_CLOEXEC);
            if (fd >= 0)
            {
                return new SeqPacketSocket(new FileDescriptor(fd));
            }

            switch (Marshal.GetLastPInvokeError())
            {
                case Libc.EAGAIN:
                    return null;
                case Libc.EINTR or ECONNABORTED:
                    continue;
                case int errno:
                    throw new SyscallException("accept4", errno);
            }
        }
    }

    /// <summary>Who called connect(), as the kernel noted it then.</summary>
    /// <exception cref="SyscallException">getsockopt failed.</exception>
    public Libc.UCred PeerCredentials()
    {
        Libc.UCred credentials;
        uint length = (uint)sizeof(Libc.UCred);
        Check(Libc.getsockopt(Number, Libc.SOL_SOCKET, Libc.SO_PEERCRED, &credentials, &length), "getsockopt SO_PEERCRED");
        return credentials;
    }

    /// <summary>The peer's pidfd (Linux 6.5 and later), else one opened by its pid; null when the peer is gone.</summary>
    /// <exception cref="SyscallException">pidfd_open failed otherwise.</exception>
    public FileDescriptor? PeerPidFd(int pid)
    {
        int fd = -1;
        uint length = sizeof(int);
        if (Libc.getsockopt(Number, Libc.SOL_SOCKET, Libc.SO_PEERPIDFD, &fd, &length) != 0 || fd < 0)
        {
            fd = Libc.pidfd_open(pid, 0);
        }

        if (fd >= 0)
        {
            return new FileDescriptor(fd);
        }

        return Marshal.GetLastPInvokeError() == Libc.ESRCH ? null : throw SyscallException.Last("pidfd_open", $"pid {pid}");
    }

    /// <summary>Receives one packet.</summary>
    /// <param name="buffer">Where it goes; a longer packet is an error of the sender.</param>
    /// <returns>Null when none waits (or, on a blocking socket, never).</returns>
    /// <exception cref="SyscallException">recvmsg failed; ECONNRESET among others.</exception>
    public ReceivedPacket? Receive(byte[] buffer)
    {
        byte* control = stackalloc byte[ControlBytes];
        fixed (byte* bytes = buffer)
        {
            Libc.IoVec vector = new((nint)bytes, buffer.Length);
            Libc.MsgHdr message = new()
            {
                Vectors = (nint)(&vector),
                VectorCount = 1,
                Control = (nint)control,
                ControlLength = ControlBytes,
            };
            nint received;
            while ((received = Libc.recvmsg(Number, &message, Libc.MSG_CMSG_CLOEXEC)) < 0)
            {
                switch (Marshal.GetLastPInvokeError())
                {
                    case Libc.EAGAIN:
                        return null;
                    case Libc.EINTR:
                        continue;
                    case int errno:
                        throw new SyscallException("recvmsg", errno);
                }
            }

            (Libc.UCred? sender, List<FileDescriptor> descriptors) = ReadControl(control, message.ControlLength);
            return new ReceivedPacket((int)received, (message.Flags & Libc.MSG_TRUNC) != 0, sender, descriptors, (message.Flags & Libc.MSG_CTRUNC) != 0);
        }
    }

    /// <summary>Sends one packet.</summary>
    /// <exception cref="SyscallException">send failed: the peer is gone (EPIPE) or does not read (EAGAIN).</exception>
    public void Send(ReadOnlySpan<byte> packet)
    {
        fixed (byte* bytes = packet)
        {
            while (Libc.send(Number, bytes, packet.Length, Libc.MSG_NOSIGNAL) < 0)
            {
                if (Marshal.GetLastPInvokeError() != Libc.EINTR)
                {
                    throw SyscallException.Last("send");
                }
            }
        }
    }

    /// <summary>Waits until a packet, or the peer's end, is there.</summary>
    /// <returns>False: neither came within <paramref name="limit"/>.</returns>
    /// <exception cref="SyscallException">poll failed.</exception>
    public bool WaitReadable(TimeSpan limit)
    {
        long deadline = Environment.TickCount64 + (long)limit.TotalMilliseconds;
        Libc.PollFd wanted = new() { Fd = Number, Events = Libc.POLLIN };
        while (true)
        {
            int ready = Libc.poll(&wanted, 1, (int)Math.Max(deadline - Environment.TickCount64, 0));
            if (ready >= 0)
            {
                return ready > 0;
            }

            if (Marshal.GetLastPInvokeError() != Libc.EINTR)
            {
                throw SyscallException.Last("poll");
            }
        }
    }

    /// <summary>Limits how long a blocking <see cref="Receive"/> waits: past it, the call answers null.</summary>
    /// <exception cref="SyscallException">setsockopt failed.</exception>
    public void SetReceiveLimit(TimeSpan limit)
    {
        long* timeval = stackalloc long[] { (long)limit.TotalSeconds, limit.Milliseconds * 1000L };
        Check(Libc.setsockopt(Number, Libc.SOL_SOCKET, SO_RCVTIMEO, timeval, 2 * sizeof(long)), "setsockopt SO_RCVTIMEO");
    }

    /// <summary>
    /// Ends the connection without a wait for anything: what the peer has sent and nobody has received may carry descriptors, which the kernel would close
    /// on this thread.
    /// </summary>
    public void Close()
    {
        // What fails here is gone already. Nothing comes any more after it.
        _ = Libc.shutdown(Number, Libc.SHUT_RDWR);
        try
        {
            byte[] nothing = [];
            while (Receive(nothing) is { Sender: not null } unread)
            {
                foreach (FileDescriptor descriptor in unread.Descriptors)
                {
                    ForeignDescriptor.Close(descriptor);
                }
            }
        }
        catch (SyscallException)
        {
            // As above.
        }

        Dispose();
    }

    public void Dispose() => _fd.Dispose();

    private const int ECONNABORTED = 103;
    private const int SO_RCVTIMEO = 20;

    private static SeqPacketSocket Open(int flags)
    {
        int fd = Libc.socket(Libc.AF_UNIX, Libc.SOCK_SEQPACKET | Libc.SOCK_CLOEXEC | flags, 0);
        Check(fd, "socket");
        return new SeqPacketSocket(new FileDescriptor(fd));
    }

    private static byte[] Address(string path)
    {
        int bytes = Encoding.UTF8.GetByteCount(path);
        if (bytes >= MaxPathBytes)
        {
            throw new SyscallException("bind", Libc.EINVAL, path, $"a socket's path has at most {MaxPathBytes - 1} bytes, this one {bytes}: use a shorter one");
        }

        byte[] address = new byte[sizeof(ushort) + MaxPathBytes];
        address[0] = Libc.AF_UNIX;
        Encoding.UTF8.GetBytes(path, address.AsSpan(sizeof(ushort)));
        return address;
    }

    // cmsg(3): { size_t length; int level; int type; data }, aligned to 8.
    private static (Libc.UCred? Sender, List<FileDescriptor> Descriptors) ReadControl(byte* control, nint length)
    {
        const int HeaderBytes = 16;
        Libc.UCred? sender = null;
        List<FileDescriptor> descriptors = [];
        nint offset = 0;
        while (offset + HeaderBytes <= length)
        {
            nint size = *(nint*)(control + offset);
            if (size < HeaderBytes || offset + size > length)
            {
                break;
            }

            int level = *(int*)(control + offset + 8);
            int type = *(int*)(control + offset + 12);
            byte* data = control + offset + HeaderBytes;
            if (level == Libc.SOL_SOCKET && type == Libc.SCM_CREDENTIALS && size >= HeaderBytes + sizeof(Libc.UCred))
            {
                sender = *(Libc.UCred*)data;
            }
            else if (level == Libc.SOL_SOCKET && type == Libc.SCM_RIGHTS)
            {
                for (nint i = 0; i < (size - HeaderBytes) / sizeof(int); i++)
                {
                    descriptors.Add(new FileDescriptor(((int*)data)[i]));
                }
            }

            offset += (size + 7) & ~7;
        }

        return (sender, descriptors);
    }

    private static void Check(int result, string syscall, string? subject = null)
    {
        if (result < 0)
        {
            throw SyscallException.Last(syscall, subject);
        }
    }
}
