using System.Buffers.Binary;
using System.Text;

namespace CrashHandler.Tests.Stacks;

/// <summary>A PE image that there is not: its headers, one section of code, and what a test writes into it. Its bytes are laid out as in memory.</summary>
internal sealed class MadeUpPe
{
    private const int HeadersAt = 0x80;
    private const int OptionalAt = HeadersAt + 24;
    private const int DirectoriesAt = OptionalAt + 112;
    private const int SectionsAt = DirectoriesAt + (16 * 8);
    private readonly SortedDictionary<uint, (uint End, uint Unwind)> _functions = [];
    private readonly SortedDictionary<string, uint> _exports = new(StringComparer.Ordinal);
    private uint _free;

    /// <param name="size">Bytes of the image; the upper half is for what is laid out.</param>
    /// <param name="codeEnd">Where its section of code, which begins at 0x1000, ends.</param>
    public MadeUpPe(int size, uint codeEnd)
    {
        Bytes = new byte[size];
        CodeEnd = codeEnd;
        _free = codeEnd;
        Put(0, "MZ"u8);
        Put32(60, HeadersAt);
        Put(HeadersAt, "PE\0\0"u8);
        Put16(HeadersAt + 4, 0x8664);
        Put16(HeadersAt + 6, 1);
        Put16(HeadersAt + 20, 112 + (16 * 8));
        Put16(OptionalAt, 0x20b);
        Put32(OptionalAt + 56, (uint)size);
        Put32(OptionalAt + 108, 16);
        Put(SectionsAt, ".text\0\0\0"u8);
        Put32(SectionsAt + 8, codeEnd - 0x1000);
        Put32(SectionsAt + 12, 0x1000);
        Put32(SectionsAt + 36, 0x6000_0020);
    }

    public byte[] Bytes { get; }

    public uint CodeEnd { get; }

    /// <summary>It is an assembly.</summary>
    public MadeUpPe Managed()
    {
        Directory(14, 0x1000, 72);
        return this;
    }

    /// <summary>Another machine's.</summary>
    public MadeUpPe OfMachine(ushort machine)
    {
        Put16(HeadersAt + 4, machine);
        return this;
    }

    public MadeUpPe Code(uint address, string hex)
    {
        Put((int)address, Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)));
        return this;
    }

    public MadeUpPe Function(uint begin, uint end, uint unwind)
    {
        _functions[begin] = (end, unwind);
        return this;
    }

    /// <summary>A function whose UNWIND_INFO has these bytes.</summary>
    public MadeUpPe Function(uint begin, uint end, string unwindInfo)
    {
        byte[] bytes = Convert.FromHexString(unwindInfo.Replace(" ", "", StringComparison.Ordinal));
        return Function(begin, end, Place(bytes));
    }

    public MadeUpPe Export(string name, uint address)
    {
        _exports[name] = address;
        return this;
    }

    /// <summary>Puts bytes where there is room.</summary>
    public uint Place(ReadOnlySpan<byte> bytes)
    {
        uint at = _free;
        Put((int)at, bytes);
        _free = (at + (uint)bytes.Length + 3) & ~3u;
        return at;
    }

    /// <summary>Writes the directories.</summary>
    public byte[] Build()
    {
        uint functions = _free;
        foreach ((uint begin, (uint end, uint unwind)) in _functions)
        {
            Place([.. BitConverter.GetBytes(begin), .. BitConverter.GetBytes(end), .. BitConverter.GetBytes(unwind)]);
        }

        Directory(3, functions, (uint)_functions.Count * 12);
        if (_exports.Count > 0)
        {
            uint[] names = [.. _exports.Keys.Select(name => Place(Encoding.ASCII.GetBytes(name + "\0")))];
            uint addressesAt = Place([.. _exports.Values.SelectMany(BitConverter.GetBytes)]);
            uint namesAt = Place([.. names.SelectMany(BitConverter.GetBytes)]);
            uint ordinalsAt = Place([.. Enumerable.Range(0, names.Length).SelectMany(i => BitConverter.GetBytes((ushort)i))]);
            byte[] directory = new byte[40];
            BinaryPrimitives.WriteInt32LittleEndian(directory.AsSpan(20), names.Length);
            BinaryPrimitives.WriteInt32LittleEndian(directory.AsSpan(24), names.Length);
            BinaryPrimitives.WriteUInt32LittleEndian(directory.AsSpan(28), addressesAt);
            BinaryPrimitives.WriteUInt32LittleEndian(directory.AsSpan(32), namesAt);
            BinaryPrimitives.WriteUInt32LittleEndian(directory.AsSpan(36), ordinalsAt);
            Directory(0, Place(directory), 40);
        }

        return Bytes;
    }

    private void Directory(int index, uint address, uint length)
    {
        Put32(DirectoriesAt + (index * 8), address);
        Put32(DirectoriesAt + (index * 8) + 4, length);
    }

    private void Put(int at, ReadOnlySpan<byte> bytes) => bytes.CopyTo(Bytes.AsSpan(at));

    private void Put16(int at, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(Bytes.AsSpan(at), value);

    private void Put32(int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(Bytes.AsSpan(at), value);
}
