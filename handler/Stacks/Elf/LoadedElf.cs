using System.Runtime.InteropServices;

namespace CrashHandler.Handler.Stacks.Elf;

/// <summary>An image as it lies in the process's memory, where its unwind table and dynamic symbols are, whatever became of its file.</summary>
internal sealed class LoadedElf
{
    private const int PageBytes = 4_096;
    private readonly CachedMemory _memory;
    private readonly WalkModule _module;
    private readonly ElfImage _image;

    private LoadedElf(CachedMemory memory, WalkModule module, byte[] firstPage)
    {
        _memory = memory;
        _module = module;
        FirstPage = firstPage;
        _image = ElfImage.Parse(firstPage);
        Bias = unchecked(module.Address - _image.HeaderAddress);
    }

    /// <summary>Its first page.</summary>
    public byte[] FirstPage { get; }

    /// <summary>What is added to its virtual addresses.</summary>
    public ulong Bias { get; }

    /// <summary>Reads the headers.</summary>
    /// <exception cref="InvalidDataException">There is no such image.</exception>
    public static LoadedElf Read(CachedMemory memory, WalkModule module)
    {
        byte[] page = new byte[PageBytes];
        return new LoadedElf(memory, module, page[..memory.Read(module.Address, page)]);
    }

    /// <summary>Address and bytes of <c>.eh_frame_hdr</c>; null: it has none.</summary>
    public (ulong Address, ulong Length)? UnwindHeader
        => _image.Find(Elf64ProgramHeader.GnuEhFrame) is { } header ? (unchecked(Bias + header.VirtualAddress), header.MemorySize) : null;

    /// <summary>The functions among the dynamic symbols; null: it has none.</summary>
    public SymbolTable? ReadSymbols()
    {
        if (_image.Find(Elf64ProgramHeader.Dynamic) is not { } dynamic)
        {
            return null;
        }

        Elf64Dynamic[] entries = new Elf64Dynamic[Math.Min(dynamic.MemorySize / Elf64Dynamic.Size, StacksLimits.DynamicEntries)];
        int got = _memory.Read(unchecked(Bias + dynamic.VirtualAddress), MemoryMarshal.AsBytes(entries.AsSpan())) / Elf64Dynamic.Size;
        Dictionary<long, ulong> values = [];
        foreach (Elf64Dynamic entry in entries.AsSpan(0, got))
        {
            if (entry.Tag == Elf64Dynamic.End)
            {
                break;
            }

            values.TryAdd(entry.Tag, entry.Value);
        }

        return values.TryGetValue(Elf64Dynamic.SymbolTable, out ulong symbols) && values.TryGetValue(Elf64Dynamic.StringTable, out ulong names)
            && values.TryGetValue(Elf64Dynamic.StringTableSize, out ulong namesLength)
            ? SymbolTable.Read(_memory, Relocated(symbols), CountSymbols(values), Relocated(names), namesLength)
            : null;
    }

    /// <summary>glibc writes the addresses that it relocated over those in the dynamic section, musl and the kernel (for its vdso) do not.</summary>
    private ulong Relocated(ulong address)
        => _module.Address <= address && address < _module.End ? address : unchecked(Bias + address);

    /// <summary>No entry says how many there are: the old hash table has one chain for each, the new one ends with the last.</summary>
    private int CountSymbols(Dictionary<long, ulong> values)
    {
        if (values.TryGetValue(Elf64Dynamic.Hash, out ulong hash) && _memory.TryRead(Relocated(hash) + sizeof(uint), out uint chains))
        {
            return (int)Math.Min(chains, StacksLimits.Symbols);
        }

        // "GNU hash": number of buckets, first symbol, words of 8 bytes in the filter, shift; the filter; the buckets; the chains, the last of each with bit 0 set.
        if (!values.TryGetValue(Elf64Dynamic.GnuHash, out hash) || !_memory.TryRead(hash = Relocated(hash), out (uint Buckets, uint First, uint Filter, uint Shift) header))
        {
            return 0;
        }

        ulong buckets = hash + 16 + (header.Filter * 8UL);
        uint last = 0;
        for (ulong i = 0; i < Math.Min(header.Buckets, StacksLimits.Symbols); i++)
        {
            if (!_memory.TryRead(buckets + (i * sizeof(uint)), out uint symbol))
            {
                break;
            }

            last = Math.Max(last, symbol);
        }

        if (last < header.First)
        {
            return 0;
        }

        ulong chain = buckets + (header.Buckets * (ulong)sizeof(uint));
        while (last < StacksLimits.Symbols && _memory.TryRead(chain + ((last - header.First) * (ulong)sizeof(uint)), out uint value) && (value & 1) == 0)
        {
            last++;
        }

        return (int)Math.Min(last + 1, StacksLimits.Symbols);
    }
}
