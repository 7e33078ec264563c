using System.Buffers.Binary;
using System.Numerics;
using CrashHandler.Handler.Stacks;

namespace CrashHandler.Handler.Managed;

/// <summary>The beginning of an assembly's metadata in a process, as far as its module version id: ECMA-335, II.24.2.</summary>
internal sealed class MetadataHeader(IProcessMemory memory, ulong address, ulong size)
{
    private const uint Signature = 0x424a5342;
    private const int GuidBytes = 16;

    // II.24.2.1: signature, versions, reserved, then the length of the version text. II.24.2.2: offset, size, then the name, padded to 4.
    private const int VersionLengthOffset = 12, VersionOffset = 16, StreamHeaderBytes = 8, StreamNameBytes = 32, MaxStreams = 16;

    // II.24.2.6: heap sizes, then which tables there are, then the number of rows of each.
    private const int HeapSizesOffset = 6, ValidOffset = 8, RowsOffset = 24;
    private const byte WideStrings = 1, WideGuids = 2;

    /// <summary>The id; null: the metadata is damaged.</summary>
    public Guid? Mvid()
    {
        if (Find("#~") is not { } tables || Find("#GUID") is not { } guids)
        {
            return null;
        }

        Span<byte> header = stackalloc byte[RowsOffset];
        if (!TryRead(tables, header))
        {
            return null;
        }

        // The module's table is the first one and has one row: generation, name, mvid.
        ulong valid = BinaryPrimitives.ReadUInt64LittleEndian(header[ValidOffset..]);
        byte sizes = header[HeapSizesOffset];
        ulong row = tables + RowsOffset + (ulong)(sizeof(uint) * BitOperations.PopCount(valid));
        ulong place = row + sizeof(ushort) + (ulong)((sizes & WideStrings) != 0 ? sizeof(uint) : sizeof(ushort));
        Span<byte> index = stackalloc byte[sizeof(uint)];
        index.Clear();
        if ((valid & 1) == 0 || !TryRead(place, index[..((sizes & WideGuids) != 0 ? sizeof(uint) : sizeof(ushort))]))
        {
            return null;
        }

        uint number = BinaryPrimitives.ReadUInt32LittleEndian(index);
        Span<byte> guid = stackalloc byte[GuidBytes];
        return number > 0 && TryRead(guids + ((number - 1) * (ulong)GuidBytes), guid) ? new Guid(guid) : null;
    }

    /// <summary>Address of a stream.</summary>
    private ulong? Find(string name)
    {
        Span<byte> bytes = stackalloc byte[VersionOffset];
        if (!TryRead(address, bytes) || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Signature)
        {
            return null;
        }

        ulong place = address + VersionOffset + BinaryPrimitives.ReadUInt32LittleEndian(bytes[VersionLengthOffset..]) + sizeof(ushort);
        Span<byte> count = stackalloc byte[sizeof(ushort)];
        if (!TryRead(place, count))
        {
            return null;
        }

        place += sizeof(ushort);
        Span<byte> header = stackalloc byte[StreamHeaderBytes + StreamNameBytes];
        for (int i = 0; i < Math.Min((int)BinaryPrimitives.ReadUInt16LittleEndian(count), MaxStreams); i++)
        {
            // The last one's name ends before these bytes do, and something follows it.
            if (!TryRead(place, header))
            {
                return null;
            }

            ReadOnlySpan<byte> text = header[StreamHeaderBytes..];
            int length = text.IndexOf((byte)0);
            if (length < 0)
            {
                return null;
            }

            if (System.Text.Encoding.ASCII.GetString(text[..length]) == name)
            {
                return address + BinaryPrimitives.ReadUInt32LittleEndian(header);
            }

            place += StreamHeaderBytes + (ulong)((length + sizeof(uint)) & ~(sizeof(uint) - 1));
        }

        return null;
    }

    private bool TryRead(ulong from, Span<byte> into) => from >= address && from - address <= size && memory.Read(from, into) == into.Length;
}
