using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Stacks;

/// <summary>A memory of which pages that were read are kept: unwinding reads the same few again and again, eight bytes at a time.</summary>
/// <param name="memory">Where they come from.</param>
/// <param name="pages">How many are kept, a power of two.</param>
internal sealed class CachedMemory(IProcessMemory memory, int pages = StacksLimits.CachedPages) : IProcessMemory
{
    private const int PageBytes = 4_096;
    private const ulong PageMask = PageBytes - 1;

    // Of each place the page's number plus one: none is 0.
    private readonly ulong[] _numbers = new ulong[pages];
    private readonly byte[]?[] _bytes = new byte[pages][];
    private readonly int[] _lengths = new int[pages];

    public int Read(ulong address, Span<byte> into)
    {
        // So much is read once, to be copied.
        if (into.Length > StacksLimits.CachedReadBytes)
        {
            return memory.Read(address, into);
        }

        int done = 0;
        while (done < into.Length)
        {
            ulong at = unchecked(address + (ulong)done);
            int offset = (int)(at & PageMask);
            ReadOnlySpan<byte> page = Page(at / PageBytes);
            if (page.Length <= offset || at < address)
            {
                break;
            }

            int count = Math.Min(page.Length - offset, into.Length - done);
            page.Slice(offset, count).CopyTo(into[done..]);
            done += count;
            if (offset + count < PageBytes && done < into.Length)
            {
                break;
            }
        }

        return done;
    }

    /// <summary>Reads a record, if it is there.</summary>
    public bool TryRead<T>(ulong address, out T value)
        where T : unmanaged
    {
        value = default;
        return Read(address, MemoryMarshal.AsBytes(new Span<T>(ref value))) == Unsafe.SizeOf<T>();
    }

    /// <summary>Reads a record.</summary>
    /// <exception cref="InvalidDataException">It is not there.</exception>
    public T Read<T>(ulong address)
        where T : unmanaged
        => TryRead(address, out T value) ? value : throw Missing(address, Unsafe.SizeOf<T>());

    /// <summary>Reads bytes.</summary>
    /// <exception cref="InvalidDataException">Not all of them are there.</exception>
    public byte[] ReadBytes(ulong address, int length)
    {
        byte[] bytes = new byte[length];
        return Read(address, bytes) == length ? bytes : throw Missing(address, length);
    }

    private ReadOnlySpan<byte> Page(ulong number)
    {
        int place = (int)(number % (ulong)pages);
        byte[] bytes = _bytes[place] ??= new byte[PageBytes];
        if (_numbers[place] != number + 1)
        {
            _lengths[place] = memory.Read(number * PageBytes, bytes);
            _numbers[place] = number + 1;
        }

        return bytes.AsSpan(0, _lengths[place]);
    }

    private static InvalidDataException Missing(ulong address, int length) => new($"{length} bytes at 0x{address:x} cannot be read");
}
