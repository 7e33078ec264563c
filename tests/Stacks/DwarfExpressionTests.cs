using CrashHandler.Handler.Stacks;
using CrashHandler.Handler.Stacks.Native;
using Xunit;

namespace CrashHandler.Tests.Stacks;

/// <summary>DWARF expressions, as unwind tables have them and as they must not be.</summary>
public sealed class DwarfExpressionTests
{
    [Theory]
    [InlineData("3f", 15UL)]
    [InlineData("7708", 0x7008UL)]
    [InlineData("7778", 0x6ff8UL)]
    [InlineData("920708", 0x7008UL)]
    [InlineData("030807060504030201", 0x0102030405060708UL)]
    [InlineData("08ff", 255UL)]
    [InlineData("09ff", ulong.MaxValue)]
    [InlineData("0a0080", 0x8000UL)]
    [InlineData("0b0080", 0xffffffffffff8000UL)]
    [InlineData("0c00000080", 0x80000000UL)]
    [InlineData("0d00000080", 0xffffffff80000000UL)]
    [InlineData("108001", 128UL)]
    [InlineData("117f", ulong.MaxValue)]
    [InlineData("770006", 0x1122334455667788UL)]
    [InlineData("7700 9401", 0x88UL)]
    [InlineData("7700 9402", 0x7788UL)]
    [InlineData("7700 9404", 0x55667788UL)]
    [InlineData("31 12 22", 2UL)]
    [InlineData("31 32 13", 1UL)]
    [InlineData("31 32 14 22 22", 4UL)]
    [InlineData("31 32 33 1502 1c", 2UL)]
    [InlineData("31 34 16 1c", 3UL)]
    [InlineData("31 32 34 17 1c", 0xffffffffffffffffUL)]
    [InlineData("117d 19", 3UL)]
    [InlineData("31 1f", ulong.MaxValue)]
    [InlineData("30 20", ulong.MaxValue)]
    [InlineData("31 2381 01", 130UL)]
    [InlineData("37 33 1a", 3UL)]
    [InlineData("1179 32 1b", 0xfffffffffffffffdUL)]
    [InlineData("37 34 1d", 3UL)]
    [InlineData("37 34 1e", 28UL)]
    [InlineData("31 32 21", 3UL)]
    [InlineData("31 34 24", 16UL)]
    [InlineData("31 08ff 24", 0UL)]
    [InlineData("117f 0840 25", 0UL)]
    [InlineData("117f 34 26", ulong.MaxValue)]
    [InlineData("33 31 27", 2UL)]
    [InlineData("31 31 29", 1UL)]
    [InlineData("117f 31 2a", 0UL)]
    [InlineData("32 31 2b", 1UL)]
    [InlineData("117f 31 2c", 1UL)]
    [InlineData("117f 31 2d", 1UL)]
    [InlineData("31 31 2e", 0UL)]
    [InlineData("31 2f0100 32 33", 3UL)]
    [InlineData("31 30 280100 32", 2UL)]
    [InlineData("35 31 280100 32", 5UL)]
    [InlineData("31 96", 1UL)]

    // .plt of binutils: CFA is rsp+8, and 8 more behind the push at byte 11 of each entry of 16.
    [InlineData("7708 8000 3f 1a 3b 2a 33 24 22", 0x7010UL)]

    // rt_sigreturn's trampoline in glibc: rsp of the context that was interrupted.
    [InlineData("7700 06", 0x1122334455667788UL)]
    public void An_expression_has_its_value(string hex, ulong value)
        => Assert.Equal(value, Evaluate(hex));

    [Theory]
    [InlineData("")]
    [InlineData("13")]
    [InlineData("22")]
    [InlineData("31 22")]
    [InlineData("31 16")]
    [InlineData("31 30 1b")]
    [InlineData("31 30 1d")]
    [InlineData("30 06")]
    [InlineData("7700 9403")]
    [InlineData("91 00")]
    [InlineData("922000")]
    [InlineData("ff")]
    [InlineData("08")]
    [InlineData("2f f0ff")]
    [InlineData("31 2ffdff")]
    [InlineData("31 12 2ffcff")]
    public void What_makes_no_sense_is_refused(string hex)
        => Assert.Throws<InvalidDataException>(() => Evaluate(hex));

    private static ulong Evaluate(string hex)
    {
        CachedMemory memory = new(new MadeUpMemory().With(0x7000, [0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11]));
        RegisterFile registers = RegisterFile.Of(new Amd64Registers { Rsp = 0x7000, Rip = 0x40102b });
        return DwarfExpression.Evaluate(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)), registers, memory);
    }
}
