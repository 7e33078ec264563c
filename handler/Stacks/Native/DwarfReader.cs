using System.Buffers.Binary;

namespace CrashHandler.Handler.Stacks.Native;

/// <summary>Reads the primitive values of DWARF 5 section 7 and the encoded pointers of the LSB core specification, "DWARF Extensions".</summary>
/// <param name="bytes">The bytes.</param>
/// <param name="address">Where they are in the process: some pointers are relative to their own place.</param>
internal ref struct DwarfReader(ReadOnlySpan<byte> bytes, ulong address)
{
    // A 64-bit value has ten groups of seven bits; whoever pads it with more is refused.
    private const int LebBytes = 10;
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    public int Position { get; private set; }

    public readonly bool AtEnd => Position >= _bytes.Length;

    public readonly ulong Address => unchecked(address + (ulong)Position);

    public byte Byte() => Take(sizeof(byte))[0];

    public ushort UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(sizeof(ushort)));

    public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(sizeof(uint)));

    public ulong UInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(sizeof(ulong)));

    public ulong Unsigned() => Leb(out _, out _);

    public long Signed()
    {
        ulong value = Leb(out int shift, out bool negative);
        return (long)(negative && shift < 64 ? value | (ulong.MaxValue << shift) : value);
    }

    /// <summary>An expression, with its length before it.</summary>
    public byte[] Expression()
        => Unsigned() is var length and <= StacksLimits.ExpressionBytes ? Take(length).ToArray() : throw new InvalidDataException("an expression that is too long");

    public readonly ReadOnlySpan<byte> Rest() => _bytes[Position..];

    public void Skip(long distance)
    {
        long to = Position + distance;
        Position = distance is > int.MinValue and < int.MaxValue && to >= 0 && to <= _bytes.Length ? (int)to : throw Truncated();
    }

    public ReadOnlySpan<byte> Take(ulong length)
    {
        if (length > (ulong)(_bytes.Length - Position))
        {
            throw Truncated();
        }

        ReadOnlySpan<byte> taken = _bytes.Slice(Position, (int)length);
        Position += (int)length;
        return taken;
    }

    /// <summary>A pointer as <c>DW_EH_PE</c> encodes it; where it is indirect, the place of the pointer.</summary>
    /// <param name="encoding">How.</param>
    /// <param name="data">What data-relative ones relate to; null: nothing is known.</param>
    public ulong Pointer(byte encoding, ulong? data = null)
    {
        ulong place = Address;
        ulong value = (encoding & PointerEncoding.FormatMask) switch
        {
            PointerEncoding.Absolute or PointerEncoding.UInt64 or PointerEncoding.Int64 => UInt64(),
            PointerEncoding.Unsigned => Unsigned(),
            PointerEncoding.UInt16 => UInt16(),
            PointerEncoding.UInt32 => UInt32(),
            PointerEncoding.Signed => (ulong)Signed(),
            PointerEncoding.Int16 => (ulong)(short)UInt16(),
            PointerEncoding.Int32 => (ulong)(int)UInt32(),
            _ => throw new InvalidDataException($"pointer encoding 0x{encoding:x}"),
        };
        return (encoding & PointerEncoding.ApplicationMask) switch
        {
            PointerEncoding.Absolute => value,
            PointerEncoding.PcRelative => unchecked(place + value),
            PointerEncoding.DataRelative when data is { } start => unchecked(start + value),
            _ => throw new InvalidDataException($"pointer encoding 0x{encoding:x}"),
        };
    }

    private ulong Leb(out int shift, out bool negative)
    {
        ulong value = 0;
        shift = 0;
        for (int i = 0; i < LebBytes; i++)
        {
            byte group = Byte();
            value |= (ulong)(group & 0x7f) << shift;
            shift += 7;
            if ((group & 0x80) == 0)
            {
                negative = (group & 0x40) != 0;
                return value;
            }
        }

        throw new InvalidDataException("a LEB128 number of more than 64 bits");
    }

    private static InvalidDataException Truncated() => new("an unwind entry ends in the middle of a value");
}
