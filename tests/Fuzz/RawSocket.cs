using System.Runtime.InteropServices;
using CrashHandler.Handler.Posix;
using CrashHandler.Protocol;
using CrashHandler.Tests.EndToEnd;
using Xunit;

namespace CrashHandler.Tests.Fuzz;

/// <summary>A connection without any manners: whatever bytes and descriptors, and no waiting.</summary>
internal sealed unsafe class RawSocket(FileDescriptor fd) : IDisposable
{
    private const int ReceiveBytes = 1 << 17;

    private static readonly byte[] s_received = new byte[ReceiveBytes];

    public int Number => fd.Number;

    /// <summary>Connects, as this process.</summary>
    public static RawSocket Connect(string path)
    {
        using SeqPacketSocket connected = SeqPacketSocket.Connect(path);
        return new RawSocket(Duplicate(connected.Number));
    }

    public static FileDescriptor Duplicate(int number) => new(Checked(Libc.fcntl(number, Libc.F_DUPFD_CLOEXEC, 0)));

    /// <summary>Sends one packet.</summary>
    /// <returns>errno; 0: it is sent.</returns>
    public int Send(ReadOnlySpan<byte> packet, params ReadOnlySpan<int> descriptors)
    {
        int rights = 16 + (descriptors.Length * sizeof(int));
        Span<byte> control = new byte[descriptors.Length == 0 ? 0 : (rights + 7) & ~7];
        if (descriptors.Length > 0)
        {
            BitConverter.TryWriteBytes(control, (long)rights);
            BitConverter.TryWriteBytes(control[8..], Libc.SOL_SOCKET);
            BitConverter.TryWriteBytes(control[12..], Libc.SCM_RIGHTS);
            MemoryMarshal.AsBytes(descriptors).CopyTo(control[16..]);
        }

        fixed (byte* bytes = packet, controls = control)
        {
            Libc.IoVec vector = new((nint)bytes, packet.Length);
            Libc.MsgHdr message = new() { Vectors = (nint)(&vector), VectorCount = 1, Control = (nint)controls, ControlLength = control.Length };
            return Libc.sendmsg(fd.Number, &message, Libc.MSG_DONTWAIT | Libc.MSG_NOSIGNAL) >= 0 ? 0 : Marshal.GetLastPInvokeError();
        }
    }

    /// <summary>Receives all that is there, and forgets it.</summary>
    /// <returns>Whether the other end is open still.</returns>
    public bool Drain()
    {
        while (true)
        {
            fixed (byte* bytes = s_received)
            {
                Libc.IoVec vector = new((nint)bytes, ReceiveBytes);
                Libc.MsgHdr message = new() { Vectors = (nint)(&vector), VectorCount = 1 };
                nint received = Libc.recvmsg(fd.Number, &message, Libc.MSG_DONTWAIT);
                if (received <= 0)
                {
                    return received < 0 && Marshal.GetLastPInvokeError() == Libc.EAGAIN;
                }
            }
        }
    }

    /// <summary>Waits for the next frame.</summary>
    /// <returns>Null: the connection is over.</returns>
    /// <exception cref="TimeoutException">Nothing came.</exception>
    public (FrameType Type, byte[] Payload)? Receive()
    {
        Libc.PollFd wanted = new() { Fd = fd.Number, Events = Libc.POLLIN };
        if (Libc.poll(&wanted, 1, (int)EndToEndLimits.Deadline.TotalMilliseconds) <= 0)
        {
            throw new TimeoutException("no frame came");
        }

        byte[] packet = new byte[FrameHeader.Size + ProtocolLimits.MaxPayloadBytes];
        fixed (byte* bytes = packet)
        {
            Libc.IoVec vector = new((nint)bytes, packet.Length);
            Libc.MsgHdr message = new() { Vectors = (nint)(&vector), VectorCount = 1 };
            nint received = Libc.recvmsg(fd.Number, &message, Libc.MSG_DONTWAIT);
            if (received <= 0)
            {
                return null;
            }

            FrameHeader header = FrameHeader.Parse(packet.AsSpan(0, (int)received), out ReadOnlySpan<byte> payload);
            return (header.Type, payload.ToArray());
        }
    }

    /// <summary>Waits for a frame of a type; Progress is passed over.</summary>
    public byte[] Receive(FrameType type)
    {
        (FrameType Type, byte[] Payload)? frame;
        while ((frame = Receive())?.Type == FrameType.Progress && type != FrameType.Progress)
        {
        }

        Assert.Equal(type, frame?.Type);
        return frame!.Value.Payload;
    }

    /// <summary>Whether something was sent that the other end has not received.</summary>
    public bool HasUnsent()
    {
        const nuint SIOCOUTQ = 0x5411;
        int bytes;
        return Libc.ioctl(fd.Number, SIOCOUTQ, &bytes) == 0 && bytes > 0;
    }

    /// <summary>Waits a little until it can be written, or is over.</summary>
    public void WaitWritable(int milliseconds)
    {
        Libc.PollFd wanted = new() { Fd = fd.Number, Events = Libc.POLLOUT };
        _ = Libc.poll(&wanted, 1, milliseconds);
    }

    public void Dispose() => fd.Dispose();

    private static int Checked(int result) => result >= 0 ? result : throw SyscallException.Last("fcntl");
}
