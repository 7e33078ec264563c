namespace CrashHandler.Handler.Stacks.Native;

/// <summary>
/// The <c>.eh_frame</c> of a loaded image (LSB core specification, "DWARF Extensions"; the entries are those of DWARF 5, section 6.4, with the differences told there). It is read from
/// memory, so it is that of the code that runs, whatever became of the file.
/// </summary>
internal sealed class UnwindTable
{
    private const uint ExtendedLength = 0xffffffff;
    private const uint IsCommon = 0;
    private readonly CachedMemory _memory;
    private readonly ulong _end;
    private readonly Dictionary<ulong, CommonInformationEntry> _common = [];
    private ulong _frames;
    private ulong _header;
    private ulong _table;
    private ulong _count;
    private (ulong Start, ulong Entry)[]? _read;

    private UnwindTable(CachedMemory memory, ulong end)
    {
        _memory = memory;
        _end = end;
    }

    /// <summary>The table that <c>.eh_frame_hdr</c> leads to.</summary>
    /// <param name="memory">The process's.</param>
    /// <param name="header">Address of <c>.eh_frame_hdr</c>.</param>
    /// <param name="length">Its bytes.</param>
    /// <param name="end">Where the image ends.</param>
    /// <exception cref="InvalidDataException">It is none.</exception>
    public static UnwindTable OfHeader(CachedMemory memory, ulong header, ulong length, ulong end)
    {
        EhFrameHeader fixedPart = memory.Read<EhFrameHeader>(header);
        if (fixedPart.Version != EhFrameHeader.KnownVersion)
        {
            throw new InvalidDataException($".eh_frame_hdr of version {fixedPart.Version}");
        }

        Span<byte> pointers = stackalloc byte[2 * sizeof(ulong)];
        pointers = pointers[..memory.Read(header + EhFrameHeader.Size, pointers)];
        DwarfReader reader = new(pointers, header + EhFrameHeader.Size);
        UnwindTable table = new(memory, end) { _header = header, _frames = reader.Pointer(fixedPart.FramePointerEncoding, header) };
        if (fixedPart is { CountEncoding: not PointerEncoding.Omit, TableEncoding: PointerEncoding.SearchTable })
        {
            ulong count = reader.Pointer(fixedPart.CountEncoding, header);
            table._table = reader.Address;
            ulong before = table._table - header;
            table._count = Math.Min(count, length > before ? (length - before) / EhFrameTableEntry.Size : 0);
        }

        return table;
    }

    /// <summary>A table without an index, which is read from its beginning.</summary>
    public static UnwindTable OfFrames(CachedMemory memory, ulong frames, ulong end) => new(memory, end) { _frames = frames };

    /// <summary>How to unwind at an address; null: the table does not tell of it.</summary>
    /// <exception cref="InvalidDataException">The table is broken there.</exception>
    public UnwindRow? Find(ulong address)
    {
        ulong? entry = _count > 0 ? Search(address) : SearchRead(address);
        return entry is { } at && ReadEntry(at, out _) is { } function && function.Contains(address) ? CallFrameProgram.Run(function, address) : null;
    }

    private ulong? Search(ulong address)
    {
        ulong low = 0;
        ulong high = _count;
        while (low < high)
        {
            ulong middle = (low + high) >> 1;
            if (unchecked(_header + (ulong)Entry(middle).InitialLocation) <= address)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low == 0 ? null : unchecked(_header + (ulong)Entry(low - 1).Address);
    }

    private EhFrameTableEntry Entry(ulong index) => _memory.Read<EhFrameTableEntry>(_table + (index * EhFrameTableEntry.Size));

    private ulong? SearchRead(ulong address)
    {
        _read ??= ReadAll();
        int low = 0;
        int high = _read.Length;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (_read[middle].Start <= address)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low == 0 ? null : _read[low - 1].Entry;
    }

    private (ulong Start, ulong Entry)[] ReadAll()
    {
        List<(ulong Start, ulong Entry)> read = [];
        ulong at = _frames;
        for (int i = 0; i < StacksLimits.UnindexedEntries && at < _end && at - _frames < StacksLimits.UnindexedBytes; i++)
        {
            ulong next;
            try
            {
                if (ReadEntry(at, out next) is { } function)
                {
                    read.Add((function.Start, at));
                }
            }
            catch (InvalidDataException) when (read.Count > 0)
            {
                // What was read before it is good; the end of a table that has no terminator looks the same.
                break;
            }

            if (next <= at)
            {
                break;
            }

            at = next;
        }

        read.Sort();
        return [.. read];
    }

    /// <summary>Reads an FDE; null: it is a CIE, or the end.</summary>
    /// <param name="at">Where.</param>
    /// <param name="next">Where the next one is; <paramref name="at"/> itself at the end.</param>
    private FrameDescriptionEntry? ReadEntry(ulong at, out ulong next)
    {
        (ulong start, byte[] bytes) = ReadBytes(at, StacksLimits.UnwindEntryBytes);
        next = bytes.Length == 0 ? at : start + (ulong)bytes.Length;
        if (bytes.Length == 0)
        {
            return null;
        }

        uint distance = new DwarfReader(bytes, start).UInt32();
        return distance == IsCommon ? null : FrameDescriptionEntry.Read(Common(unchecked(start - distance)), bytes.AsSpan(sizeof(uint)), start + sizeof(uint));
    }

    private CommonInformationEntry Common(ulong at)
    {
        if (!_common.TryGetValue(at, out CommonInformationEntry? common))
        {
            (ulong start, byte[] bytes) = ReadBytes(at, StacksLimits.CommonEntryBytes);
            if (bytes.Length == 0 || new DwarfReader(bytes, start).UInt32() != IsCommon)
            {
                throw new InvalidDataException("an FDE's CIE is none");
            }

            common = CommonInformationEntry.Read(bytes.AsSpan(sizeof(uint)), start + sizeof(uint));
            if (_common.Count == StacksLimits.CommonEntries)
            {
                _common.Clear();
            }

            _common[at] = common;
        }

        return common;
    }

    /// <summary>An entry's bytes behind its length, and where they are; none at the end of the table.</summary>
    private (ulong Start, byte[] Bytes) ReadBytes(ulong at, int limit)
    {
        ulong start = at + sizeof(uint);
        ulong length = _memory.Read<uint>(at);
        if (length == ExtendedLength)
        {
            length = _memory.Read<ulong>(start);
            start += sizeof(ulong);
        }

        return length <= (ulong)limit ? (start, _memory.ReadBytes(start, (int)length)) : throw new InvalidDataException($"an unwind entry of {length} bytes");
    }
}
