using System.Buffers;
using CrashHandler.Handler.Posix;

namespace CrashHandler.Handler.Capture;

/// <summary>
/// Where the bytes of a snapshot lie: megabytes that live for milliseconds. Outside of the collector's heap, which would grow by them and keep what it has,
/// and back with the kernel at once. Of one thread.
/// </summary>
internal sealed class SnapshotMemory : IDisposable
{
    private readonly List<Block> _blocks = [];
    private int _used;

    /// <summary>Zeroed bytes, until <see cref="Dispose"/>.</summary>
    /// <param name="length">How many; not negative.</param>
    /// <exception cref="SyscallException">There is no memory for them.</exception>
    public Memory<byte> Take(int length)
    {
        if (length == 0)
        {
            return default;
        }

        if (_blocks.Count == 0 || _blocks[^1].Length - _used < length)
        {
            _blocks.Add(new Block(Math.Max(length, CaptureLimits.SnapshotBlockBytes)));
            _used = 0;
        }

        Memory<byte> taken = _blocks[^1].Memory.Slice(_used, length);
        _used += length;
        return taken;
    }

    /// <summary>Gives all of it back; whoever looks at it afterwards gets an <see cref="ObjectDisposedException"/>.</summary>
    public void Dispose()
    {
        foreach (IDisposable block in _blocks)
        {
            block.Dispose();
        }

        _blocks.Clear();
    }

    // Unsafe: a mapping of one's own is an address and a length.
    private sealed unsafe class Block : MemoryManager<byte>
    {
        private byte* _start;

        public Block(int length)
        {
            Length = length;
            // All pages at once: each would be a fault of its own otherwise.
            nint start = Libc.mmap(0, length, Libc.PROT_READ | Libc.PROT_WRITE, Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS | Libc.MAP_POPULATE, -1, 0);
            _start = start != Libc.MAP_FAILED ? (byte*)start : throw SyscallException.Last("mmap", advice: $"{length} bytes for a snapshot");
        }

        public int Length { get; }

        public override Span<byte> GetSpan()
        {
            ObjectDisposedException.ThrowIf(_start is null, this);
            return new Span<byte>(_start, Length);
        }

        public override MemoryHandle Pin(int elementIndex = 0)
        {
            ObjectDisposedException.ThrowIf(_start is null, this);
            return new MemoryHandle(_start + elementIndex);
        }

        public override void Unpin()
        {
            // It never moves.
        }

        protected override void Dispose(bool disposing)
        {
            if (_start is not null)
            {
                _ = Libc.munmap((nint)_start, Length);
                _start = null;
            }
        }
    }
}
