using System.Runtime.InteropServices;
using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Capture.Linux;

/// <summary>
/// Reads another process's memory: process_vm_readv, where that is refused /proc/PID/mem, where that is refused too nothing.
/// </summary>
internal sealed unsafe class RemoteMemory : IDisposable
{
    private readonly int _tid;
    private readonly string _memPath;
    private readonly SoftErrorList _errors;
    private FileDescriptor? _mem;
    private bool _refused;

    /// <param name="tid">A live thread of the process: its leader may have exited before it.</param>
    /// <param name="directory">The thread's directory in /proc.</param>
    /// <param name="errors">Where soft errors go.</param>
    public RemoteMemory(int tid, string directory, SoftErrorList errors)
    {
        _tid = tid;
        _memPath = $"{directory}/mem";
        _errors = errors;
    }

    /// <summary>Reads ranges into their buffers; <see cref="MemoryRead.Count"/> says how much of each was there.</summary>
    public void Read(IReadOnlyList<MemoryRead> reads)
    {
        int first = 0;
        while (first < reads.Count && !_refused)
        {
            if (_mem is not null)
            {
                ReadFromFile(reads[first++]);
                continue;
            }

            int count = Math.Min(CaptureLimits.MaxReadVectors, reads.Count - first);
            nint got = ReadVectored(reads, first, count);
            if (got < 0)
            {
                SyscallException error = SyscallException.Last("process_vm_readv", $"tid {_tid}");
                if (error.Errno != Libc.EFAULT)
                {
                    FallBack(error);
                    continue;
                }

                got = 0;
            }

            // The kernel stops at the first page that is not there: what lies before it in that range is good.
            int end = first + count;
            while (first < end && got >= reads[first].Buffer.Length)
            {
                reads[first].Count = reads[first].Buffer.Length;
                got -= reads[first++].Buffer.Length;
            }

            if (first < end)
            {
                reads[first++].Count = (int)got;
            }
        }
    }

    /// <summary>Reads one range.</summary>
    public MemoryRead Read(ulong address, int length)
    {
        MemoryRead read = new(address, length);
        Read([read]);
        return read;
    }

    public void Dispose() => _mem?.Dispose();

    private nint ReadVectored(IReadOnlyList<MemoryRead> reads, int first, int count)
    {
        Libc.IoVec[] local = new Libc.IoVec[count];
        Libc.IoVec[] remote = new Libc.IoVec[count];
        GCHandle[] pins = new GCHandle[count];
        try
        {
            for (int i = 0; i < count; i++)
            {
                MemoryRead read = reads[first + i];
                pins[i] = GCHandle.Alloc(read.Buffer, GCHandleType.Pinned);
                local[i] = new Libc.IoVec(pins[i].AddrOfPinnedObject(), read.Buffer.Length);
                remote[i] = new Libc.IoVec((nint)read.Address, read.Buffer.Length);
            }

            fixed (Libc.IoVec* to = local, from = remote)
            {
                return Libc.process_vm_readv(_tid, to, (ulong)count, from, (ulong)count, 0);
            }
        }
        finally
        {
            foreach (GCHandle pin in pins)
            {
                if (pin.IsAllocated)
                {
                    pin.Free();
                }
            }
        }
    }

    private void ReadFromFile(MemoryRead read)
    {
        fixed (byte* buffer = read.Buffer)
        {
            while (!read.IsWhole)
            {
                nint got = Libc.pread(_mem!.Number, buffer + read.Count, read.Buffer.Length - read.Count, (long)read.Address + read.Count);
                if (got <= 0)
                {
                    // EIO: no page there. Whoever asked sees how much came, and says so.
                    break;
                }

                read.Count += (int)got;
            }
        }
    }

    private void FallBack(SyscallException error)
    {
        try
        {
            _mem = ProcFs.Open(_memPath, Libc.O_RDONLY);
            _errors.Add(CaptureStep.Memory, "process", $"{error.Message}; read through {_memPath}");
        }
        catch (SyscallException second)
        {
            _refused = true;
            _errors.Add(CaptureStep.Memory, "process", $"no memory could be read: {error.Message}; {second.Message}");
        }
    }
}
