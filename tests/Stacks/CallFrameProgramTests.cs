using System.Buffers.Binary;
using CrashHandler.Handler.Stacks;
using CrashHandler.Handler.Stacks.Native;
using Xunit;

namespace CrashHandler.Tests.Stacks;

/// <summary>Call frame information, byte by byte.</summary>
public sealed class CallFrameProgramTests
{
    private const ulong Start = 0x1000;
    private const ulong Stack = 0x7000;

    // What every compiler writes: CFA is rsp+8, the return address at CFA-8.
    private static readonly byte[] s_usual = [0x0c, 7, 8, 0x90, 1];

    public static TheoryData<string, ulong, ulong, ulong> Programs => new()
    {
        // Instructions, address, CFA, caller's rbx. Word n of the stack holds 0x100 + n, rsp is at word 0, rbx is 0xbb.
        { "", 0x1000, Stack + 8, 0xbb },
        { "41 0e10 8302", 0x1000, Stack + 8, 0xbb },
        { "41 0e10 8302", 0x1001, Stack + 16, 0x100 },
        { "0204 0e10 8302", 0x1003, Stack + 8, 0xbb },
        { "0204 0e10 8302", 0x1004, Stack + 16, 0x100 },
        { "030401 0e10", 0x1104, Stack + 16, 0xbb },
        { "0400000100 0e10", 0xffff, Stack + 8, 0xbb },
        { "0400000100 0e10", 0x11000, Stack + 16, 0xbb },
        { "0e20 8302 0a 41 c3 0e08 41 0b", 0x1001, Stack + 8, 0xbb },
        { "0e20 8302 0a 41 c3 0e08 41 0b", 0x1002, Stack + 32, 0x102 },
        { "0e20 8302 41 0603", 0x1001, Stack + 32, 0xbb },
        { "0e20 8302 41 0803", 0x1001, Stack + 32, 0xbb },
        { "0e20 8302 41 0703", 0x1001, Stack + 32, 0xbb },
        { "0c0600", 0x1000, 0x7100, 0xbb },
        { "0d06", 0x1000, 0x7108, 0xbb },
        { "120778", 0x1000, Stack + 64, 0xbb },
        { "137c", 0x1000, Stack + 32, 0xbb },
        { "0e20 050303", 0x1000, Stack + 32, 0x101 },
        { "0e20 110303", 0x1000, Stack + 32, 0x101 },
        { "0e20 110301", 0x1000, Stack + 32, 0x103 },
        { "0e20 2f037f", 0x1000, Stack + 32, 0xbb + 0 },
        { "140302", 0x1000, Stack + 8, Stack - 8 },
        { "150302", 0x1000, Stack + 8, Stack - 8 },
        { "090306", 0x1000, Stack + 8, 0x7100 },
        { "2e08 0e10", 0x1000, Stack + 16, 0xbb },
        { "0f037710 06", 0x1000, 0, 0 },
        { "0f027718", 0x1000, Stack + 24, 0xbb },
        { "10030277 08", 0x1000, Stack + 8, 0x101 },
        { "16030123", 0x1000, 0, 0 },
        { "1603022340", 0x1000, Stack + 8, Stack + 8 + 0x40 },
        { "05 2105 0e10", 0x1000, Stack + 16, 0xbb },
        { "00000000", 0x1000, Stack + 8, 0xbb },
    };

    [Theory]
    [MemberData(nameof(Programs))]
    public void A_program_gives_its_row(string instructions, ulong address, ulong cfa, ulong rbx)
    {
        byte[] program = Convert.FromHexString(instructions.Replace(" ", "", StringComparison.Ordinal));
        if (cfa == 0)
        {
            // An expression that is cut, or takes what is not there.
            Assert.Throws<InvalidDataException>(() => Unwind(program, address));
            return;
        }

        if (program is [0x0e, 0x20, 0x2f, ..])
        {
            // At CFA plus 0x3f8, where this stack has its word 0x83.
            rbx = 0x183;
        }

        RegisterFile caller = Unwind(program, address);

        Assert.Equal(cfa, caller.Sp);
        Assert.Equal(rbx, caller[DwarfRegister.Rbx]);
        Assert.Equal(0x100 + ((cfa - 8 - Stack) / 8), caller.Ip);
    }

    [Theory]
    [InlineData("0b", "a row is restored")]
    [InlineData("3f", "call frame instruction 0x3f")]
    [InlineData("0c 2008", "register 32")]
    [InlineData("0e", "in the middle")]
    [InlineData("0f ffff03", "too long")]
    [InlineData("0f 0130 0e10", "no register's")]
    [InlineData("0eff ffffffffffffffffff01", "LEB128")]
    [InlineData("0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a", "too many rows")]
    public void Nonsense_is_refused(string instructions, string reason)
    {
        byte[] program = Convert.FromHexString(instructions.Replace(" ", "", StringComparison.Ordinal));

        InvalidDataException error = Assert.Throws<InvalidDataException>(() => Unwind(program, Start));

        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_function_without_a_return_address_is_the_outermost()
        => Assert.True(CallFrameProgram.Run(Function([0x07, 16]), Start).IsOutermost);

    [Theory]
    [InlineData("01 7a5200 01 78 10 01 1b 0c0708 9001", true, false, 0x1b)]
    [InlineData("01 7a525300 01 78 10 01 1b 0c0708 9001", true, true, 0x1b)]
    [InlineData("01 7a504c5200 01 78 10 07 9b 11223344 1b 1b 0c0708 9001", true, false, 0x1b)]
    [InlineData("03 7a5200 01 78 10 01 1b 0c0708 9001", true, false, 0x1b)]
    [InlineData("01 00 01 78 10 0c0708 9001", false, false, 0x00)]
    [InlineData("01 7a517f00 01 78 10 02 aabb 0c0708 9001", true, false, 0x00)]
    public void A_common_entry_is_read(string hex, bool hasData, bool isSignalFrame, byte encoding)
    {
        CommonInformationEntry common = CommonInformationEntry.Read(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)), 0x5000);

        Assert.Equal((1UL, -8L, 16), (common.CodeAlignment, common.DataAlignment, common.ReturnRegister));
        Assert.Equal((hasData, isSignalFrame, encoding), (common.HasAugmentationData, common.IsSignalFrame, common.PointerEncoding));
        Assert.Equal(s_usual, common.Instructions);
    }

    [Theory]
    [InlineData("05 7a5200 01 78 10 01 1b")]
    [InlineData("01 515200 01 78 10 01 1b")]
    [InlineData("01 7a5200 01 78 11 01 1b")]
    [InlineData("01 7a5200 01 78 10 7f 1b")]
    [InlineData("01 7a52")]
    public void A_common_entry_that_is_none_is_refused(string hex)
        => Assert.Throws<InvalidDataException>(() => CommonInformationEntry.Read(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)), 0x5000));

    [Theory]
    [InlineData(0x00, "8877665544332211 0001000000000000", 0x1122334455667788UL)]
    [InlineData(0x1b, "f0ffffff 00010000", 0x5000UL - 16)]
    [InlineData(0x03, "00104000 00010000", 0x401000UL)]
    [InlineData(0x1c, "1000000000000000 0001000000000000", 0x5010UL)]
    [InlineData(0x12, "1000 0001", 0x5010UL)]
    [InlineData(0x19, "70 8002", 0x5000UL - 16)]
    public void An_entry_is_read_in_each_encoding(byte encoding, string hex, ulong start)
    {
        CommonInformationEntry common = new(1, -8, 16, encoding, false, false, s_usual);

        FrameDescriptionEntry function = FrameDescriptionEntry.Read(common, Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)), 0x5000);

        Assert.Equal((start, 0x100UL), (function.Start, function.Length));
        Assert.True(function.Contains(start + 0xff));
        Assert.False(function.Contains(start + 0x100));
        Assert.False(function.Contains(start - 1));
    }

    private static FrameDescriptionEntry Function(byte[] instructions) => new(new CommonInformationEntry(1, -8, 16, 0x1b, true, false, s_usual), Start, 0x20000, instructions);

    private static RegisterFile Unwind(byte[] instructions, ulong address)
    {
        byte[] stack = new byte[0x1000];
        for (int i = 0; i < stack.Length / 8; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(stack.AsSpan(i * 8), 0x100 + (ulong)i);
        }

        CachedMemory memory = new(new MadeUpMemory().With(Stack, stack));
        RegisterFile registers = RegisterFile.Of(new Amd64Registers { Rip = address, Rsp = Stack, Rbp = 0x7100, Rbx = 0xbb });
        return CallFrameProgram.Run(Function(instructions), address).Unwind(registers, memory);
    }
}
