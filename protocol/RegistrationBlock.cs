using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;

namespace CrashHandler.Protocol;

/// <summary>
/// Layout and coding of the registration block (protocol/README.md, "The registration block"). Pure: the writer gives the
/// shared memory, the reader what it read with pread.
/// </summary>
public static class RegistrationBlock
{
    /// <summary>The bytes <c>CHRB</c>.</summary>
    public const uint Magic = 0x42524843;

    /// <summary>Version of the layout.</summary>
    public const ushort Version = 1;

    /// <summary>Bytes of the header.</summary>
    public const int HeaderSize = 64;

    /// <summary>Bytes of one copy: 400 parameters of the longest kind, and room for the fields.</summary>
    public const int Capacity = 8_388_608;

    /// <summary>Offset of <c>current</c> in the header.</summary>
    public const int CurrentOffset = 16;

    /// <summary>Offset of copy 0: a page of its own, so that the header's page is never written with a copy.</summary>
    public const int Copy0 = 4_096;

    /// <summary>Offset of copy 1.</summary>
    public const int Copy1 = Copy0 + Capacity;

    /// <summary>Bytes of the whole block.</summary>
    public const int Size = Copy1 + Capacity;

    /// <summary>Bytes before the records of a copy.</summary>
    public const int CopyHeaderSize = 8;

    private const int RecordHeaderSize = 8;
    private const ushort FieldKind = 1;
    private const ushort ParameterKind = 2;

    /// <summary>Writes the header of a fresh block.</summary>
    /// <param name="block">The shared memory, zeroed, of <see cref="Size"/> bytes.</param>
    public static void Initialize(Span<byte> block)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(block, Magic);
        BinaryPrimitives.WriteUInt16LittleEndian(block[4..], Version);
        BinaryPrimitives.WriteUInt16LittleEndian(block[6..], HeaderSize);
        BinaryPrimitives.WriteUInt32LittleEndian(block[8..], Capacity);
    }

    /// <summary>The word that names the current copy: it changes with every write.</summary>
    /// <param name="block">The shared memory, of <see cref="Size"/> bytes.</param>
    public static ulong Current(Span<byte> block) => Volatile.Read(ref CurrentWord(block));

    /// <summary>Writes the copy that is not current, then makes it current. One writer at a time.</summary>
    /// <param name="block">The shared memory, of <see cref="Size"/> bytes.</param>
    /// <param name="registration">What to say.</param>
    /// <exception cref="ArgumentException">It does not fit; nothing was changed.</exception>
    public static void Write(Span<byte> block, Registration registration)
    {
        ref ulong current = ref CurrentWord(block);
        ulong before = Volatile.Read(ref current);
        ulong index = before == 0 ? 0 : 1 - (before & 1);
        Encode(block.Slice(index == 0 ? Copy0 : Copy1, Capacity), registration);
        Volatile.Write(ref current, (((before >> 1) + 1) << 1) | index);
    }

    /// <summary>Checks the header and finds the copy to read.</summary>
    /// <param name="header">The block's first <see cref="HeaderSize"/> bytes.</param>
    /// <param name="generation">Its generation; 0 when nothing was written yet.</param>
    /// <returns>Offset of the current copy in the block.</returns>
    /// <exception cref="MalformedFrameException">It is no block of this version.</exception>
    public static int Locate(ReadOnlySpan<byte> header, out ulong generation)
    {
        if (header.Length < HeaderSize
            || BinaryPrimitives.ReadUInt32LittleEndian(header) != Magic
            || BinaryPrimitives.ReadUInt16LittleEndian(header[4..]) != Version
            || BinaryPrimitives.ReadUInt16LittleEndian(header[6..]) != HeaderSize
            || BinaryPrimitives.ReadUInt32LittleEndian(header[8..]) != Capacity)
        {
            throw new MalformedFrameException("the registration block's header is not one of version 1");
        }

        ulong current = BinaryPrimitives.ReadUInt64LittleEndian(header[CurrentOffset..]);
        generation = current >> 1;
        return (current & 1) == 0 ? Copy0 : Copy1;
    }

    /// <summary>Reads a copy.</summary>
    /// <param name="copy">The copy's bytes from its beginning, at least as many as its length says.</param>
    /// <exception cref="MalformedFrameException">A length points outside, a text is not UTF-8, or a limit is passed.</exception>
    public static Registration Decode(ReadOnlySpan<byte> copy)
    {
        int length = RecordsLength(copy);
        if (copy.Length < CopyHeaderSize + length)
        {
            throw new MalformedFrameException("the registration block's copy is shorter than it says");
        }

        uint count = BinaryPrimitives.ReadUInt32LittleEndian(copy[4..]);
        if (count > ProtocolLimits.MaxFields + ProtocolLimits.MaxParameters)
        {
            throw new MalformedFrameException($"the registration block announces {count} records, more than {ProtocolLimits.MaxFields} fields and {ProtocolLimits.MaxParameters} parameters");
        }

        ReadOnlySpan<byte> rest = copy.Slice(CopyHeaderSize, length);
        Dictionary<string, string> fields = [];
        Dictionary<string, string> parameters = [];
        for (uint i = 0; i < count; i++)
        {
            if (rest.Length < RecordHeaderSize)
            {
                throw new MalformedFrameException($"record {i} of the registration block is cut short");
            }

            ushort kind = BinaryPrimitives.ReadUInt16LittleEndian(rest);
            int keyLength = BinaryPrimitives.ReadUInt16LittleEndian(rest[2..]);
            uint valueLength = BinaryPrimitives.ReadUInt32LittleEndian(rest[4..]);
            if (keyLength is 0 or > ProtocolLimits.MaxKeyBytes || valueLength > ProtocolLimits.MaxValueBytes
                || RecordSize(keyLength, (int)valueLength) > rest.Length)
            {
                throw new MalformedFrameException($"record {i} of the registration block has lengths {keyLength} and {valueLength}");
            }

            string key = DecodeText(rest.Slice(RecordHeaderSize, keyLength));
            string value = DecodeText(rest.Slice(RecordHeaderSize + keyLength, (int)valueLength));
            Dictionary<string, string> target = kind switch
            {
                FieldKind => fields,
                ParameterKind => parameters,
                _ => throw new MalformedFrameException($"record {i} of the registration block has kind {kind}"),
            };
            target[key] = value;
            if (parameters.Count > ProtocolLimits.MaxParameters || fields.Count > ProtocolLimits.MaxFields)
            {
                throw new MalformedFrameException($"the registration block has more than {ProtocolLimits.MaxFields} fields or {ProtocolLimits.MaxParameters} parameters");
            }

            rest = rest[RecordSize(keyLength, (int)valueLength)..];
        }

        return new Registration(fields, parameters);
    }

    /// <summary>How many bytes of records a copy announces.</summary>
    /// <param name="copyHeader">The copy's first <see cref="CopyHeaderSize"/> bytes.</param>
    /// <exception cref="MalformedFrameException">More than a copy can hold.</exception>
    public static int RecordsLength(ReadOnlySpan<byte> copyHeader)
    {
        if (copyHeader.Length < CopyHeaderSize)
        {
            throw new MalformedFrameException("the registration block's copy has no header");
        }

        uint length = BinaryPrimitives.ReadUInt32LittleEndian(copyHeader);
        return length <= Capacity - CopyHeaderSize
            ? (int)length
            : throw new MalformedFrameException($"the registration block announces {length} bytes of records");
    }

    // Not MemoryMarshal.AsRef<ulong>: no image has that compiled beforehand.
    private static ref ulong CurrentWord(Span<byte> block) => ref Unsafe.As<byte, ulong>(ref block.Slice(CurrentOffset, sizeof(ulong))[0]);

    private static void Encode(Span<byte> copy, Registration registration)
    {
        int offset = CopyHeaderSize;
        uint count = 0;
        foreach ((string key, string value) in registration.Fields)
        {
            offset += EncodeRecord(copy[offset..], FieldKind, key, value);
            count++;
        }

        foreach ((string key, string value) in registration.Parameters)
        {
            offset += EncodeRecord(copy[offset..], ParameterKind, key, value);
            count++;
        }

        BinaryPrimitives.WriteUInt32LittleEndian(copy, (uint)(offset - CopyHeaderSize));
        BinaryPrimitives.WriteUInt32LittleEndian(copy[4..], count);
    }

    private static int EncodeRecord(Span<byte> target, ushort kind, string key, string value)
    {
        int keyLength = Encoding.UTF8.GetByteCount(key);
        int valueLength = Encoding.UTF8.GetByteCount(value);
        if (keyLength is 0 or > ProtocolLimits.MaxKeyBytes || valueLength > ProtocolLimits.MaxValueBytes)
        {
            throw new ArgumentException($"key of {keyLength} bytes and value of {valueLength} bytes do not fit a record", nameof(value));
        }

        int size = RecordSize(keyLength, valueLength);
        if (size > target.Length)
        {
            throw new ArgumentException("the registration block is full", nameof(target));
        }

        target[..size].Clear();
        BinaryPrimitives.WriteUInt16LittleEndian(target, kind);
        BinaryPrimitives.WriteUInt16LittleEndian(target[2..], (ushort)keyLength);
        BinaryPrimitives.WriteUInt32LittleEndian(target[4..], (uint)valueLength);
        Encoding.UTF8.GetBytes(key, target[RecordHeaderSize..]);
        Encoding.UTF8.GetBytes(value, target[(RecordHeaderSize + keyLength)..]);
        return size;
    }

    private static int RecordSize(int keyLength, int valueLength) => (RecordHeaderSize + keyLength + valueLength + 3) & ~3;

    private static string DecodeText(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw new MalformedFrameException("a text in the registration block is not UTF-8");
        }
    }

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
}
