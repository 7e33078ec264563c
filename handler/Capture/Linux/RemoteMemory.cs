using System.Buffers;
using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Capture.Linux;

/// <summary>
/// Reads another process's memory: process_vm_readv, where that is refused /proc/PID/mem, where that is refused too what the
/// process itself hands over, where it does not nothing.
/// </summary>
internal sealed unsafe class RemoteMemory : IDisposable
{
    private readonly int _tid;
    private readonly string _memPath;
    private readonly SoftErrorList _errors;
    private readonly SnapshotMemory _storage;
    private readonly Func<FileDescriptor?>? _handedOver;
    private readonly CaptureFailSpots _failSpots;
    private FileDescriptor? _mem;

    /// <param name="tid">A live thread of the process: its leader may have exited before it.</param>
    /// <param name="directory">The thread's directory in /proc.</param>
    /// <param name="errors">Where soft errors go.</param>
    /// <param name="storage">Where what is read lies.</param>
    /// <param name="handedOver">Asks the process for its memory; null: it hands over none.</param>
    /// <param name="failSpots">What a test lets fail.</param>
    public RemoteMemory(int tid, string directory, SoftErrorList errors, SnapshotMemory storage, Func<FileDescriptor?>? handedOver = null, CaptureFailSpots failSpots = CaptureFailSpots.None)
    {
        _handedOver = handedOver;
        _failSpots = failSpots;
        _storage = storage;
        _tid = tid;
        _memPath = $"{directory}/mem";
        _errors = errors;
    }

    /// <summary>Nothing can be read: not a page is missing, all of them are closed to the handler.</summary>
    public bool IsRefused { get; private set; }

    /// <summary>Something was read: where it <see cref="IsRefused"/> nevertheless, the process died in the middle.</summary>
    public bool HasRead { get; private set; }

    /// <summary>What is read is what the process has opened itself.</summary>
    public bool IsHandedOver { get; private set; }

    /// <summary>Reads ranges into their buffers; <see cref="MemoryRead.Count"/> says how much of each was there.</summary>
    public void Read(IReadOnlyList<MemoryRead> reads)
    {
        if (reads.Count == 0 || IsRefused || !TryGiveRoom(reads))
        {
            return;
        }

        int first = 0;
        while (first < reads.Count && !IsRefused)
        {
            if (_mem is not null)
            {
                ReadFromFile(reads[first++]);
                continue;
            }

            int count = Math.Min(CaptureLimits.MaxReadVectors, reads.Count - first);
            bool isFailing = (_failSpots & CaptureFailSpots.MemoryCall) != 0;
            nint got = isFailing ? -1 : ReadVectored(reads, first, count);
            if (got < 0)
            {
                SyscallException error = isFailing ? FailSpotError("process_vm_readv") : SyscallException.Last("process_vm_readv", $"tid {_tid}");
                if (error.Errno != Libc.EFAULT)
                {
                    FallBack(error);
                    continue;
                }

                got = 0;
            }

            // The kernel stops at the first page that is not there: what lies before it in that range is good.
            int end = first + count;
            while (first < end && got >= reads[first].Length)
            {
                reads[first].Count = reads[first].Length;
                got -= reads[first++].Length;
            }

            if (first < end)
            {
                reads[first++].Count = (int)got;
            }
        }

        HasRead = HasRead || reads.Any(read => read.Count > 0);
    }

    /// <summary>Reads one range.</summary>
    public MemoryRead Read(ulong address, int length)
    {
        MemoryRead read = new(address, length);
        Read([read]);
        return read;
    }

    public void Dispose() => _mem?.Dispose();

    /// <summary>One piece of memory for all of them, in their order.</summary>
    private bool TryGiveRoom(IReadOnlyList<MemoryRead> reads)
    {
        int total = 0;
        foreach (MemoryRead read in reads)
        {
            total = checked(total + read.Length);
        }

        Memory<byte> room;
        try
        {
            room = _storage.Take(total);
        }
        catch (SyscallException error)
        {
            _errors.Add(CaptureStep.Memory, "process", error.Message);
            return false;
        }

        foreach (MemoryRead read in reads)
        {
            read.Buffer = room[..read.Length];
            room = room[read.Length..];
        }

        return true;
    }

    private nint ReadVectored(IReadOnlyList<MemoryRead> reads, int first, int count)
    {
        Libc.IoVec* remote = stackalloc Libc.IoVec[count];
        nint total = 0;
        for (int i = 0; i < count; i++)
        {
            MemoryRead read = reads[first + i];
            remote[i] = new Libc.IoVec((nint)read.Address, read.Length);
            total += read.Length;
        }

        // Their buffers follow each other: the first one's start is all of theirs.
        using MemoryHandle start = reads[first].Buffer.Pin();
        Libc.IoVec local = new((nint)start.Pointer, total);
        return Libc.process_vm_readv(_tid, &local, 1, remote, (ulong)count, 0);
    }

    private void ReadFromFile(MemoryRead read)
    {
        using MemoryHandle start = read.Buffer.Pin();
        while (!read.IsWhole)
        {
            nint got = Libc.pread(_mem!.Number, (byte*)start.Pointer + read.Count, read.Length - read.Count, (long)read.Address + read.Count);
            if (got <= 0)
            {
                // EIO: no page there. Whoever asked sees how much came, and says so.
                break;
            }

            read.Count += (int)got;
        }
    }

    private void FallBack(SyscallException error)
    {
        try
        {
            _mem = (_failSpots & CaptureFailSpots.MemoryFile) != 0 ? throw FailSpotError("open") : ProcFs.Open(_memPath, Libc.O_RDONLY);
            _errors.Add(CaptureStep.Memory, "process", $"{error.Message}; read through {_memPath}");
        }
        catch (SyscallException second)
        {
            _mem = _handedOver?.Invoke();
            IsHandedOver = _mem is not null;
            IsRefused = _mem is null;
            _errors.Add(CaptureStep.Memory, "process", $"{(IsRefused ? $"no {(HasRead ? "more " : "")}memory could be read" : "read through what the process handed over")}: {error.Message}; {second.Message}");
        }
    }

    private static SyscallException FailSpotError(string syscall) => new(syscall, Libc.EPERM, advice: "fail spot");
}
