using System.Buffers.Binary;
using System.Text;
using CrashHandler.Handler.Stacks;
using CrashHandler.Handler.Stacks.Elf;
using Xunit;

namespace CrashHandler.Tests.Stacks;

/// <summary>Which name an address has.</summary>
public sealed class SymbolTableTests
{
    private const byte LocalFunction = 0x02;
    private const byte GlobalFunction = 0x12;
    private const byte WeakFunction = 0x22;
    private const byte GlobalObject = 0x11;
    private const byte GlobalIndirect = 0x1a;

    private static readonly (string Name, byte Info, ushort Section, ulong Value, ulong Length)[] s_symbols =
    [
        ("local", LocalFunction, 1, 0x1000, 0x10),
        ("weak", WeakFunction, 1, 0x1000, 0x10),
        ("global@@GLIBC_2.2.5", GlobalFunction, 1, 0x1000, 0x10),
        ("old@GLIBC_2.2", GlobalIndirect, 1, 0x1010, 0x10),
        ("data", GlobalObject, 1, 0x1020, 0x100),
        ("elsewhere", GlobalFunction, 0, 0x1020, 0x100),
        ("outer", GlobalFunction, 1, 0x2000, 0x100),
        ("within", LocalFunction, 1, 0x2040, 0x10),
        ("unsized", LocalFunction, 1, 0x3000, 0),
        ("next", LocalFunction, 1, 0x3800, 0),
        ("both", LocalFunction, 1, 0x9000, 0),
        ("sized", LocalFunction, 1, 0x9000, 8),
        ("", GlobalFunction, 1, 0xa000, 8),
    ];

    [Theory]
    [InlineData(0x0fffUL, null)]
    [InlineData(0x1000UL, "global")]
    [InlineData(0x100fUL, "global")]
    [InlineData(0x1010UL, "old")]
    [InlineData(0x1020UL, null)]
    [InlineData(0x2010UL, "outer")]
    [InlineData(0x2044UL, "within")]
    [InlineData(0x2080UL, "outer")]
    [InlineData(0x2100UL, null)]
    [InlineData(0x3700UL, "unsized")]
    [InlineData(0x3801UL, "next")]
    [InlineData(0x4800UL, null)]
    [InlineData(0x9004UL, "both")]
    [InlineData(0x9008UL, "both")]
    [InlineData(0xa004UL, null)]
    [InlineData(ulong.MaxValue, null)]
    public void An_address_has_the_name_of_the_function_that_it_is_in(ulong address, string? name)
        => Assert.Equal(name, Table().Find(address, null)?.Name);

    [Fact]
    public void Where_the_unwind_table_begins_a_function_a_name_without_a_size_does_not_reach()
    {
        Assert.Null(Table().Find(0x3100, 0x3080));
        Assert.Equal("unsized", Table().Find(0x3100, 0x3000)?.Name);
        Assert.Equal("next", Table().Find(0x8000, 0x3800)?.Name);
        Assert.Equal("outer", Table().Find(0x2090, 0x2080)?.Name);
    }

    private static SymbolTable Table()
    {
        byte[] symbols = new byte[s_symbols.Length * Elf64Symbol.Size];
        byte[] names = new byte[4_096];
        int at = 1;
        for (int i = 0; i < s_symbols.Length; i++)
        {
            Span<byte> symbol = symbols.AsSpan(i * Elf64Symbol.Size);
            BinaryPrimitives.WriteInt32LittleEndian(symbol, at);
            symbol[4] = s_symbols[i].Info;
            BinaryPrimitives.WriteUInt16LittleEndian(symbol[6..], s_symbols[i].Section);
            BinaryPrimitives.WriteUInt64LittleEndian(symbol[8..], s_symbols[i].Value);
            BinaryPrimitives.WriteUInt64LittleEndian(symbol[16..], s_symbols[i].Length);
            at += Encoding.UTF8.GetBytes(s_symbols[i].Name, names.AsSpan(at)) + 1;
        }

        CachedMemory memory = new(new MadeUpMemory().With(0x10000, symbols).With(0x20000, names));
        return SymbolTable.Read(memory, 0x10000, s_symbols.Length, 0x20000, (ulong)at);
    }
}
