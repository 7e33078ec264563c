using CrashHandler.Handler.Capture;
using CrashHandler.Handler.Stacks;

namespace CrashHandler.Handler.Walk;

/// <summary>A walk's answer as it comes: megabytes at most, for milliseconds, outside of the collector's heap.</summary>
internal sealed class AnswerBuffer : IDisposable
{
    private SnapshotMemory _memory = new();
    private Memory<byte> _room;
    private int _length;

    /// <summary>What is there of it.</summary>
    public ReadOnlyMemory<byte> Bytes => _room[.._length];

    /// <summary>It is longer than any document may be.</summary>
    public bool IsTooLong => _length > StacksLimits.DocumentBytes;

    /// <summary>Room for more; never empty as long as it is not too long.</summary>
    /// <exception cref="Posix.SyscallException">There is no memory for it.</exception>
    public Span<byte> Room()
    {
        if (_length == _room.Length)
        {
            SnapshotMemory larger = new();
            // One byte more than a document may have: an answer that goes on shows by it.
            Memory<byte> room = larger.Take(Math.Clamp(_room.Length * 2, StacksLimits.FirstAnswerBytes, StacksLimits.DocumentBytes + 1));
            Bytes.CopyTo(room);
            _memory.Dispose();
            (_memory, _room) = (larger, room);
        }

        return _room.Span[_length..];
    }

    /// <summary>So many bytes of <see cref="Room"/> came.</summary>
    public void Add(int count) => _length += count;

    /// <summary>What came is none; another one comes.</summary>
    public void Clear() => _length = 0;

    public void Dispose() => _memory.Dispose();
}
