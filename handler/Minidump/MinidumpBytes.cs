using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using CrashHandler.Handler.Minidump.Format;

namespace CrashHandler.Handler.Minidump;

/// <summary>
/// The bytes of a minidump that nobody has checked yet. Every read is checked against the file's end, and all reads together
/// against a budget in proportion to the file: a small file cannot make its reader build something large.
/// </summary>
internal sealed class MinidumpBytes(ReadOnlyMemory<byte> file)
{
    private readonly Dictionary<uint, string> _utf16 = [];
    private readonly Dictionary<uint, string> _utf8 = [];
    private long _budget = Math.Clamp(
        (long)file.Length * MinidumpLimits.MaxReadsPerByte, MinidumpLimits.MinReadBudgetBytes, MinidumpLimits.MaxReadBudgetBytes);

    /// <summary>Bytes of the file.</summary>
    public ulong Length => (ulong)file.Length;

    /// <summary>Whether a range lies inside the file.</summary>
    public bool Contains(ulong offset, ulong size) => offset <= Length && size <= Length - offset;

    /// <summary>A range of the file.</summary>
    /// <exception cref="MinidumpFormatException">It is not inside the file, or the budget is spent.</exception>
    public ReadOnlyMemory<byte> Slice(ulong offset, ulong size, string what)
    {
        if (!Contains(offset, size))
        {
            throw new MinidumpFormatException($"{what} of {size} bytes ends outside the file of {Length} bytes", offset);
        }

        _budget -= (long)size;
        return _budget >= 0
            ? file.Slice((int)offset, (int)size)
            : throw new MinidumpFormatException($"{what} is refused: lists and texts of the file refer to more bytes than it can honestly have", offset);
    }

    /// <summary>The same for a location.</summary>
    public ReadOnlyMemory<byte> Slice(MinidumpLocationDescriptor location, string what) => Slice(location.Rva, location.DataSize, what);

    /// <summary>One record.</summary>
    public T Read<T>(ulong offset, string what)
        where T : unmanaged
        => MemoryMarshal.Read<T>(Slice(offset, (ulong)Unsafe.SizeOf<T>(), what).Span);

    /// <summary>One record that must fill a location, or begin it.</summary>
    public T Read<T>(MinidumpLocationDescriptor location, string what)
        where T : unmanaged
        => location.DataSize >= (uint)Unsafe.SizeOf<T>()
            ? Read<T>(location.Rva, what)
            : throw new MinidumpFormatException($"{what} has {location.DataSize} bytes instead of {Unsafe.SizeOf<T>()}", location.Rva);

    /// <summary>A u32 count and its records; four bytes of padding between them are accepted, as Windows has them.</summary>
    /// <exception cref="MinidumpFormatException">The location does not hold as many, or they are more than <paramref name="limit"/>.</exception>
    public ReadOnlySpan<T> List<T>(MinidumpLocationDescriptor location, int limit, string what)
        where T : unmanaged
    {
        ulong recordSize = (ulong)Unsafe.SizeOf<T>();
        ulong count = location.DataSize >= sizeof(uint)
            ? Read<uint>(location.Rva, what)
            : throw new MinidumpFormatException($"{what} has {location.DataSize} bytes and so no count", location.Rva);
        ulong body = location.DataSize - (ulong)sizeof(uint);
        ulong needed = count * recordSize;
        if (needed > body)
        {
            throw new MinidumpFormatException($"{what} names {count} entries of {recordSize} bytes, more than its {location.DataSize} bytes hold", location.Rva);
        }

        if (count > (ulong)limit)
        {
            throw new MinidumpFormatException($"{what} names {count} entries, above the limit of {limit}", location.Rva);
        }

        ulong padding = body == needed + sizeof(uint) ? sizeof(uint) : 0u;
        return MemoryMarshal.Cast<byte, T>(Slice(location.Rva + sizeof(uint) + padding, needed, what).Span);
    }

    /// <summary>A MINIDUMP_STRING; a lone surrogate becomes U+FFFD.</summary>
    public string Utf16(uint rva, string what)
    {
        if (!_utf16.TryGetValue(rva, out string? text))
        {
            uint size = Read<uint>(rva, what);
            if (size % sizeof(char) != 0)
            {
                throw new MinidumpFormatException($"{what} has an odd length of {size} bytes", rva);
            }

            text = Encoding.Unicode.GetString(TextBytes((ulong)rva + sizeof(uint), size, what).Span);
            _utf16.Add(rva, text);
        }

        return text;
    }

    /// <summary>A MinidumpUTF8String; bytes that are no UTF-8 become U+FFFD.</summary>
    public string Utf8(uint rva, string what)
    {
        if (!_utf8.TryGetValue(rva, out string? text))
        {
            text = Encoding.UTF8.GetString(ByteArray(rva, what).Span);
            _utf8.Add(rva, text);
        }

        return text;
    }

    /// <summary>A MinidumpByteArray: a u32 length, then bytes.</summary>
    public ReadOnlyMemory<byte> ByteArray(uint rva, string what)
        => TextBytes((ulong)rva + sizeof(uint), Read<uint>(rva, what), what);

    private ReadOnlyMemory<byte> TextBytes(ulong offset, uint size, string what)
        => size <= MinidumpLimits.MaxTextBytes
            ? Slice(offset, size, what)
            : throw new MinidumpFormatException($"{what} has a length of {size} bytes, above the limit of {MinidumpLimits.MaxTextBytes}", offset);
}
