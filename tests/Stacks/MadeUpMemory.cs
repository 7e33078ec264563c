using System.Buffers.Binary;
using CrashHandler.Handler.Stacks;

namespace CrashHandler.Tests.Stacks;

/// <summary>Memory of a process that there is not: ranges of bytes.</summary>
internal sealed class MadeUpMemory : IProcessMemory
{
    private readonly List<(ulong Address, byte[] Bytes)> _ranges = [];

    public MadeUpMemory With(ulong address, byte[] bytes)
    {
        _ranges.Add((address, bytes));
        return this;
    }

    public int Read(ulong address, Span<byte> into)
    {
        int done = 0;
        bool found = true;
        while (found && done < into.Length)
        {
            found = false;
            ulong at = address + (ulong)done;
            foreach ((ulong start, byte[] bytes) in _ranges)
            {
                if (start <= at && at - start < (ulong)bytes.Length)
                {
                    int offset = (int)(at - start);
                    int count = Math.Min(bytes.Length - offset, into.Length - done);
                    bytes.AsSpan(offset, count).CopyTo(into[done..]);
                    done += count;
                    found = true;
                    break;
                }
            }
        }

        return done;
    }

    /// <summary>Writes a word into a range.</summary>
    public void Write(ulong address, ulong value)
    {
        (ulong start, byte[] bytes) = _ranges.Single(range => range.Address <= address && address < range.Address + (ulong)range.Bytes.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan((int)(address - start)), value);
    }
}
