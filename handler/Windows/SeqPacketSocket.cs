using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Posix;

/// <summary>
/// What a Unix socket of type SOCK_SEQPACKET is elsewhere, with the same members: a named pipe of message type ("Named Pipes" of Win32), one message being one packet. A server's end
/// never blocks. What a client sends begins with the handles that come along (protocol/README.md, "On Windows"); they are taken out of its process here.
/// </summary>
internal sealed unsafe class SeqPacketSocket : IDisposable
{
    // Another user's: no number of one, but not ours.
    private const uint OtherUser = uint.MaxValue;

    private readonly FileDescriptor _signal;
    private readonly string _name;

    // A listener's.
    private PipeInstance[] _instances;

    // A connection's.
    private readonly FileDescriptor? _pipe;
    private readonly OverlappedCall? _read;
    private readonly FileDescriptor? _written;
    private readonly OverlappedCall? _write;
    private readonly bool _isServer;
    private readonly Libc.UCred _peer;
    private TimeSpan? _receiveLimit;
    private bool _isEnded;

    private SeqPacketSocket(string name, FileDescriptor signal, PipeInstance[] instances)
    {
        _name = name;
        _signal = signal;
        _instances = instances;
    }

    private SeqPacketSocket(string name, FileDescriptor pipe, bool isServer)
    {
        _name = name;
        _signal = NewEvent();
        _written = NewEvent();
        _instances = [];
        _pipe = pipe;
        _isServer = isServer;
        _peer = isServer ? Connected(pipe) : default;
        _write = new OverlappedCall(pipe, _written, bufferBytes: 0);
        _read = new OverlappedCall(pipe, _signal, PipeLimits.ReadAheadBytes);
        _read.Read();
    }

    /// <summary>An event that is signalled when there is something to accept or to receive, the end included.</summary>
    public int Number => _signal.Number;

    /// <summary>Takes a pipe's name, and waits for clients.</summary>
    /// <param name="path">The name, <c>\\.\pipe\...</c>.</param>
    /// <param name="ready">How many may connect at once before one is accepted.</param>
    /// <exception cref="SyscallException">EACCES: somebody has a pipe of that name.</exception>
    public static SeqPacketSocket Listen(string path, int ready)
    {
        FileDescriptor signal = NewEvent();
        List<PipeInstance> instances = [];
        try
        {
            while (instances.Count < ready)
            {
                instances.Add(PipeInstance.Create(path, signal, isFirst: instances.Count == 0));
            }

            _ = PipeCalls.SetEvent(signal.Number);
            return new SeqPacketSocket(path, signal, [.. instances]);
        }
        catch
        {
            instances.ForEach(instance => instance.Dispose());
            signal.Dispose();
            throw;
        }
    }

    /// <summary>Connects to a server of this user, of the system, or of administrators: whoever else has taken the name is told nothing. Receiving and sending block.</summary>
    /// <exception cref="SyscallException">ENOENT: nobody listens there; ECONNREFUSED: nobody accepts; EACCES: it is another user's.</exception>
    public static SeqPacketSocket Connect(string path)
    {
        long began = Environment.TickCount64;
        nint handle;
        // The server may learn who we are, and may not act as us.
        while ((handle = PipeCalls.CreateFileW(path, PipeCalls.GENERIC_READ | PipeCalls.GENERIC_WRITE, 0, null, PipeCalls.OPEN_EXISTING,
            PipeCalls.FILE_FLAG_OVERLAPPED | PipeCalls.SECURITY_SQOS_PRESENT | PipeCalls.SECURITY_IDENTIFICATION, 0)) == PipeCalls.InvalidHandle)
        {
            int error = Marshal.GetLastPInvokeError();
            long left = PipeLimits.ConnectMilliseconds - (Environment.TickCount64 - began);
            // Whoever waits may find that another one was quicker.
            if (error != PipeCalls.ERROR_PIPE_BUSY || left <= 0 || (PipeCalls.WaitNamedPipeW(path, (uint)left) == 0 && Marshal.GetLastPInvokeError() != PipeCalls.ERROR_SEM_TIMEOUT))
            {
                throw PipeCalls.Failure("CreateFile", error, path);
            }
        }

        FileDescriptor pipe = new((int)handle);
        try
        {
            uint mode = PipeCalls.PIPE_READMODE_MESSAGE, server;
            if (PipeCalls.SetNamedPipeHandleState(handle, &mode, null, null) == 0)
            {
                throw PipeCalls.LastFailure("SetNamedPipeHandleState", path);
            }

            if (PipeCalls.GetNamedPipeServerProcessId(handle, &server) == 0)
            {
                throw PipeCalls.LastFailure("GetNamedPipeServerProcessId", path);
            }

            return ProcessToken.UserOf((int)server) is { } user && (user == ProcessToken.Own || user == ProcessToken.System)
                ? new SeqPacketSocket(path, pipe, isServer: false)
                : throw PipeCalls.Failure("GetNamedPipeServerProcessId", PipeCalls.ERROR_ACCESS_DENIED, path, $"process {server}, which has this pipe, is another user's; end it, or choose another --pipe");
        }
        catch
        {
            pipe.Dispose();
            throw;
        }
    }

    /// <summary>Accepts one connection, or null when none waits.</summary>
    /// <exception cref="SyscallException">There is no room for another client to wait; whoever has come waits on.</exception>
    public SeqPacketSocket? Accept()
    {
        while (true)
        {
            int next = Array.FindIndex(_instances, instance => instance.IsOver);
            if (next < 0)
            {
                _ = PipeCalls.ResetEvent(Number);
                if (!Array.Exists(_instances, instance => instance.IsOver))
                {
                    return null;
                }

                continue;
            }

            PipeInstance connected = _instances[next];
            _instances[next] = PipeInstance.Create(_name, _signal, isFirst: false);
            // To begin to wait for the next one has reset it; others may have come.
            _ = PipeCalls.SetEvent(Number);
            if (connected.Take() is { } pipe)
            {
                return new SeqPacketSocket(_name, pipe, isServer: true);
            }
        }
    }

    /// <summary>Nobody can connect any more. Others have the name when the last connection is closed.</summary>
    public void StopListening()
    {
        foreach (PipeInstance instance in _instances)
        {
            instance.Dispose();
        }

        _instances = [];
    }

    /// <summary>Who connected, as the kernel noted it then.</summary>
    /// <exception cref="SyscallException">It is gone already.</exception>
    public Libc.UCred PeerCredentials() => _peer.Pid != 0 ? _peer : throw PipeCalls.Failure("GetNamedPipeClientProcessId", PipeCalls.ERROR_PIPE_NOT_CONNECTED, _name);

    /// <summary>The peer's process, signalled when it is dead; null when the peer is gone.</summary>
    /// <exception cref="SyscallException">It may not be opened.</exception>
    public FileDescriptor? PeerPidFd(int pid)
    {
        nint process = PipeCalls.OpenProcess(
            PipeCalls.SYNCHRONIZE | PipeCalls.PROCESS_QUERY_INFORMATION | PipeCalls.PROCESS_VM_READ | PipeCalls.PROCESS_DUP_HANDLE, 0, (uint)pid);
        return process != 0 ? new FileDescriptor((int)process)
            : Marshal.GetLastPInvokeError() == PipeCalls.ERROR_INVALID_PARAMETER ? null
            : throw PipeCalls.LastFailure("OpenProcess", $"process {pid}", "run the handler with the rights of the processes that it serves");
    }

    /// <summary>Receives one packet.</summary>
    /// <param name="buffer">Where it goes; a longer packet is an error of the sender, and the last one of it.</param>
    /// <returns>Null when none waits; of a client's end, when none came within <see cref="SetReceiveLimit"/>.</returns>
    /// <exception cref="SyscallException">The call failed.</exception>
    public ReceivedPacket? Receive(byte[] buffer)
    {
        if (!_isEnded && !_read!.IsOver && (_isServer || !WaitReadable(_receiveLimit ?? Timeout.InfiniteTimeSpan)))
        {
            return null;
        }

        uint count = 0;
        int error = _isEnded ? PipeCalls.ERROR_BROKEN_PIPE : _read!.Result(out count);
        switch (error)
        {
            case 0 or PipeCalls.ERROR_MORE_DATA:
                ReceivedPacket packet = Read(buffer, (int)count, hasMore: error != 0);
                _isEnded |= packet.IsTruncated;
                return packet;
            case PipeCalls.ERROR_BROKEN_PIPE or PipeCalls.ERROR_PIPE_NOT_CONNECTED or PipeCalls.ERROR_NO_DATA:
                _isEnded = true;
                return new ReceivedPacket(0, IsTruncated: false, Sender: null, [], LostDescriptors: false);
            case PipeCalls.ERROR_OPERATION_ABORTED:
                // The thread that began to read has ended, which ends its operations.
                _read!.Read();
                return Receive(buffer);
            default:
                throw PipeCalls.Failure("ReadFile", error, _name);
        }
    }

    /// <summary>Sends one packet.</summary>
    /// <exception cref="SyscallException">The peer is gone (EPIPE) or does not read (EAGAIN).</exception>
    public void Send(ReadOnlySpan<byte> packet)
    {
        // A client's begins with the number of handles that come along; ours never has any.
        ReadOnlySpan<byte> message = _isServer ? packet : (byte[])[0, 0, 0, 0, .. packet];
        fixed (byte* bytes = message)
        {
            int error = _write!.Write(bytes, message.Length, _isServer ? 0 : (uint)(_receiveLimit?.TotalMilliseconds ?? PipeCalls.INFINITE));
            if (error != 0)
            {
                throw PipeCalls.Failure("WriteFile", error, _name);
            }
        }
    }

    /// <summary>Waits until a packet, or the peer's end, is there.</summary>
    /// <returns>False: neither came within <paramref name="limit"/>.</returns>
    /// <exception cref="SyscallException">The wait failed.</exception>
    public bool WaitReadable(TimeSpan limit) => PipeCalls.WaitForSingleObject(Number, limit == Timeout.InfiniteTimeSpan ? PipeCalls.INFINITE : (uint)limit.TotalMilliseconds) switch
    {
        PipeCalls.WAIT_OBJECT_0 => true,
        PipeCalls.WAIT_TIMEOUT => false,
        _ => throw PipeCalls.LastFailure("WaitForSingleObject", _name),
    };

    /// <summary>Limits how long <see cref="Receive"/> of a client's end waits: past it, the call answers null.</summary>
    public void SetReceiveLimit(TimeSpan limit) => _receiveLimit = limit;

    /// <summary>Ends the connection without a wait for anything. What was sent before is still there for the peer to read.</summary>
    public void Close() => Dispose();

    public void Dispose()
    {
        StopListening();
        _read?.Dispose();
        _write?.Dispose();
        _pipe?.Dispose();
        _written?.Dispose();
        _signal.Dispose();
    }

    private ReceivedPacket Read(byte[] buffer, int count, bool hasMore)
    {
        ReadOnlySpan<byte> first = _read!.Buffer[..count];
        List<FileDescriptor> handles = [];
        bool hasLost = false;
        if (_isServer && !TryStrip(ref first, handles, out hasLost))
        {
            // Not even the number of its handles: an empty packet, which is no frame.
            first = [];
        }

        int length = Math.Min(first.Length, buffer.Length);
        bool isTruncated = length < first.Length;
        first[..length].CopyTo(buffer);
        try
        {
            fixed (byte* bytes = buffer)
            {
                while (hasMore && length < buffer.Length)
                {
                    int error = _read.ReadOn(bytes + length, buffer.Length - length, out uint more);
                    length += (int)more;
                    hasMore = error is 0 or PipeCalls.ERROR_MORE_DATA ? error != 0 : throw PipeCalls.Failure("ReadFile", error, _name);
                }
            }
        }
        catch
        {
            handles.ForEach(handle => handle.Dispose());
            throw;
        }

        isTruncated |= hasMore;
        if (!isTruncated)
        {
            _read.Read();
        }

        return new ReceivedPacket(length, isTruncated, _peer, handles, hasLost);
    }

    // u32 number of handles, and each as a u64, as the sender knows it.
    private bool TryStrip(ref ReadOnlySpan<byte> message, List<FileDescriptor> handles, out bool hasLost)
    {
        hasLost = false;
        if (message.Length < sizeof(uint) || BinaryPrimitives.ReadUInt32LittleEndian(message) is not (<= PipeLimits.MaxHandles and uint count) || message.Length < sizeof(uint) + (count * sizeof(ulong)))
        {
            return false;
        }

        ReadOnlySpan<byte> values = message.Slice(sizeof(uint), (int)count * sizeof(ulong));
        message = message[(sizeof(uint) + values.Length)..];
        if (count > 0)
        {
            hasLost = !TakeHandles(values, handles);
        }

        return true;
    }

    /// <summary>Duplicates what the peer said of its handles; what is none of its is left out.</summary>
    /// <returns>False: this process has no room for one.</returns>
    /// <exception cref="SyscallException">The peer does not let it.</exception>
    private bool TakeHandles(ReadOnlySpan<byte> values, List<FileDescriptor> handles)
    {
        nint process = PipeCalls.OpenProcess(PipeCalls.PROCESS_DUP_HANDLE, 0, (uint)_peer.Pid);
        if (process == 0)
        {
            return Marshal.GetLastPInvokeError() == PipeCalls.ERROR_INVALID_PARAMETER ? true
                : throw PipeCalls.LastFailure("OpenProcess", $"process {_peer.Pid}", "run the handler with the rights of the processes that it serves");
        }

        using FileDescriptor peer = new((int)process);
        for (; values.Length > 0; values = values[sizeof(ulong)..])
        {
            nint taken;
            if (PipeCalls.DuplicateHandle(process, (nint)BinaryPrimitives.ReadUInt64LittleEndian(values), PipeCalls.GetCurrentProcess(), &taken, 0, 0, PipeCalls.DUPLICATE_SAME_ACCESS) != 0)
            {
                handles.Add(new FileDescriptor((int)taken));
            }
            else if (Marshal.GetLastPInvokeError() is PipeCalls.ERROR_NO_SYSTEM_RESOURCES or PipeCalls.ERROR_NOT_ENOUGH_MEMORY)
            {
                return false;
            }
        }

        return true;
    }

    private static Libc.UCred Connected(FileDescriptor pipe)
    {
        uint pid;
        return PipeCalls.GetNamedPipeClientProcessId(pipe.Number, &pid) == 0 ? default
            : new Libc.UCred { Pid = (int)pid, Uid = ProcessToken.UserOf((int)pid) == ProcessToken.Own ? PosixFiles.UserId() : OtherUser, Gid = 0 };
    }

    private static FileDescriptor NewEvent()
    {
        nint signal = PipeCalls.CreateEventW(null, 1, 0, 0);
        return signal != 0 ? new FileDescriptor((int)signal) : throw PipeCalls.LastFailure("CreateEvent");
    }
}
