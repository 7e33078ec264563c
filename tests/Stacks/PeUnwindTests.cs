using System.Buffers.Binary;
using CrashHandler.Handler.Stacks;
using CrashHandler.Handler.Stacks.Document;
using CrashHandler.Handler.Stacks.Native;
using Xunit;

namespace CrashHandler.Tests.Stacks;

/// <summary>UNWIND_INFO and code of x64, byte by byte.</summary>
public sealed class PeUnwindTests
{
    private const ulong Base = 0x1_4000_0000;
    private const ulong Stack = 0x7000;
    private const uint Begin = 0x1000;
    private const uint End = 0x1100;

    // PUSH RBX; SUB RSP, 32.
    private const string Usual = "01 05 02 00 0532 0130";

    // PUSH RBP; SUB RSP, 64; LEA RBP, [RSP + 32].
    private const string WithFrame = "01 0a 03 25 0a03 0572 0150 0000";

    /// <summary>UNWIND_INFO, offset in the function, then of the caller: RIP, RSP, RBX, RBP. Word n of the stack holds 0x100 + n, RSP is at word 0, RBP at word 0x20, RBX is 0xbb.</summary>
    public static TheoryData<string, uint, ulong, ulong, ulong, ulong> Bodies => new()
    {
        { "01 00 00 00", 0x00, 0x100, 0x7008, 0xbb, 0x7100 },
        { Usual, 0x00, 0x100, 0x7008, 0xbb, 0x7100 },
        { Usual, 0x01, 0x101, 0x7010, 0x100, 0x7100 },
        { Usual, 0x04, 0x101, 0x7010, 0x100, 0x7100 },
        { Usual, 0x05, 0x105, 0x7030, 0x104, 0x7100 },
        { Usual, 0xff, 0x105, 0x7030, 0x104, 0x7100 },
        { "01 07 02 00 0701 1000", 0x06, 0x100, 0x7008, 0xbb, 0x7100 },
        { "01 07 02 00 0701 1000", 0x07, 0x110, 0x7088, 0xbb, 0x7100 },
        { "01 07 03 00 0711 00010000 0000", 0x07, 0x120, 0x7108, 0xbb, 0x7100 },
        { WithFrame, 0x05, 0x109, 0x7050, 0xbb, 0x108 },
        { WithFrame, 0x0a, 0x125, 0x7130, 0xbb, 0x124 },
        { "01 0a 03 00 0a34 0600 0442 0000", 0x04, 0x105, 0x7030, 0xbb, 0x7100 },
        { "01 0a 03 00 0a34 0600 0442 0000", 0x0a, 0x105, 0x7030, 0x106, 0x7100 },
        { "01 0a 04 00 0a35 30000000 0442", 0x0a, 0x105, 0x7030, 0x106, 0x7100 },
        { "01 0e 05 25 0e34 0200 0a03 0572 0150 0000", 0x0e, 0x125, 0x7130, 0x11e, 0x124 },
        { "01 0a 03 00 0a68 0100 0442 0000", 0x0a, 0x105, 0x7030, 0xbb, 0x7100 },
        { "01 0a 04 00 0a69 10000000 0442", 0x0a, 0x105, 0x7030, 0xbb, 0x7100 },
        { "01 0a 03 00 0a66 0100 0442 0000", 0x0a, 0x105, 0x7030, 0xbb, 0x7100 },
        { "01 0a 04 00 0a67 10000000 0442", 0x0a, 0x105, 0x7030, 0xbb, 0x7100 },
        { "01 00 01 00 000a 0000", 0x00, 0x100, 0x103, 0xbb, 0x7100 },
        { "01 00 01 00 001a 0000", 0x00, 0x101, 0x104, 0xbb, 0x7100 },
        { "01 05 03 00 0532 0130 000a 0000", 0x05, 0x105, 0x108, 0x104, 0x7100 },

        // Version 2: epilogues of two bytes, at the end and, in the second, 0x140 bytes before it as well, which is in no function of 0x100.
        { "02 05 04 00 0216 0006 0532 0130", 0x05, 0x105, 0x7030, 0x104, 0x7100 },
        { "02 05 04 00 0216 0006 0532 0130", 0xfd, 0x105, 0x7030, 0x104, 0x7100 },
        { "02 05 04 00 0216 0006 0532 0130", 0xfe, 0x101, 0x7010, 0x100, 0x7100 },
        { "02 05 04 00 0216 0006 0532 0130", 0xff, 0x100, 0x7008, 0xbb, 0x7100 },
        { "02 05 04 00 0206 4006 0532 0130", 0xc0, 0x101, 0x7010, 0x100, 0x7100 },
        { "02 05 04 00 0206 4006 0532 0130", 0xc1, 0x100, 0x7008, 0xbb, 0x7100 },
        { "02 05 04 00 0206 4006 0532 0130", 0xc2, 0x105, 0x7030, 0x104, 0x7100 },
        { "02 05 04 00 0206 4006 0532 0130", 0xff, 0x105, 0x7030, 0x104, 0x7100 },

        // POP R12; POP RBX; POPFQ; RET.
        { "02 07 06 00 0516 0006 0732 04c0 0230 0102", 0xfb, 0x103, 0x7020, 0x101, 0x7100 },
        { "02 07 06 00 0516 0006 0732 04c0 0230 0102", 0xfd, 0x102, 0x7018, 0x100, 0x7100 },
        { "02 07 06 00 0516 0006 0732 04c0 0230 0102", 0xfe, 0x101, 0x7010, 0xbb, 0x7100 },
        { "02 07 06 00 0516 0006 0732 04c0 0230 0102", 0xff, 0x100, 0x7008, 0xbb, 0x7100 },
    };

    /// <summary>UNWIND_INFO, code at 0x40 of the function, whether it is taken for an epilogue, then what that leads to: RIP, RSP, RBX, RBP.</summary>
    public static TheoryData<string, string, bool, ulong, ulong, ulong, ulong> Epilogs => new()
    {
        { Usual, "4883c420 5b c3", true, 0x105, 0x7030, 0x104, 0x7100 },
        { Usual, "4881c440000000 5b c3", true, 0x109, 0x7050, 0x108, 0x7100 },
        { Usual, "5b c3", true, 0x101, 0x7010, 0x100, 0x7100 },
        { Usual, "5b 5d c3", true, 0x102, 0x7018, 0x100, 0x101 },
        { Usual, "415c 5b c3", true, 0x102, 0x7018, 0x101, 0x7100 },
        { Usual, "c3", true, 0x100, 0x7008, 0xbb, 0x7100 },
        { Usual, "c20800", true, 0x100, 0x7008, 0xbb, 0x7100 },
        { Usual, "f3c3", true, 0x100, 0x7008, 0xbb, 0x7100 },
        { Usual, "5c c3", true, 0x101, 0x7010, 0xbb, 0x7100 },
        { Usual, "ff2500000000", true, 0x100, 0x7008, 0xbb, 0x7100 },
        { Usual, "48ffe0", true, 0x100, 0x7008, 0xbb, 0x7100 },
        { Usual, "49ffe3", true, 0x100, 0x7008, 0xbb, 0x7100 },

        // To another function, to none, to this one's beginning, out of the image.
        { Usual, "5b e9ba010000", true, 0x101, 0x7010, 0x100, 0x7100 },
        { Usual, "e9bb0d0000", true, 0x100, 0x7008, 0xbb, 0x7100 },
        { Usual, "ebbe", true, 0x100, 0x7008, 0xbb, 0x7100 },
        { Usual, "e900000080", true, 0x100, 0x7008, 0xbb, 0x7100 },
        { WithFrame, "488d6520 5d c3", true, 0x125, 0x7130, 0xbb, 0x124 },
        { WithFrame, "488da520000000 5d c3", true, 0x125, 0x7130, 0xbb, 0x124 },

        // Within, into the midst of another one, to a part that has a frame but no prologue, to a part of this one.
        { Usual, "eb10", false, 0x105, 0x7030, 0x104, 0x7100 },
        { Usual, "e9cb010000", false, 0x105, 0x7030, 0x104, 0x7100 },
        { Usual, "e9bb020000", false, 0x105, 0x7030, 0x104, 0x7100 },
        { Usual, "e9bb030000", false, 0x105, 0x7030, 0x104, 0x7100 },

        // A table's jump, other instructions, other registers.
        { Usual, "ffe0", false, 0x105, 0x7030, 0x104, 0x7100 },
        { Usual, "4883c420 90", false, 0x105, 0x7030, 0x104, 0x7100 },
        { Usual, "4883ec20 5b c3", false, 0x105, 0x7030, 0x104, 0x7100 },
        { Usual, "488d6520 5d c3", false, 0x105, 0x7030, 0x104, 0x7100 },
        { WithFrame, "488d6320 5d c3", false, 0x125, 0x7130, 0xbb, 0x124 },
        { WithFrame, "4c8d6520 5d c3", false, 0x125, 0x7130, 0xbb, 0x124 },
        { WithFrame, "488d5d20 5d c3", false, 0x125, 0x7130, 0xbb, 0x124 },
    };

    public static TheoryData<string> Broken => new()
    {
        "00 00 00 00",
        "03 00 00 00",
        "01 00 01 00 000b 0000",
        "01 00 01 00 0021 0000",
        "01 00 01 00 0001 0000",
        "01 00 02 00 0011 0000",
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public void What_a_prologue_did_by_then_is_undone(string unwindInfo, uint offset, ulong rip, ulong rsp, ulong rbx, ulong rbp)
        => Assert.Equal((rip, rsp, rbx, rbp), Unwind(Image(unwindInfo, ""), Begin + offset));

    [Theory]
    [MemberData(nameof(Epilogs))]
    public void What_an_epilogue_has_not_done_is_undone(string unwindInfo, string code, bool isEpilog, ulong rip, ulong rsp, ulong rbx, ulong rbp)
    {
        byte[] image = Image(unwindInfo, code);

        Assert.Equal((rip, rsp, rbx, rbp), Unwind(image, Begin + 0x40));

        // Where a call returns to there is none, whatever the bytes of the call look like.
        Assert.Equal(Unwind(Image(unwindInfo, ""), Begin + 0x40), Unwind(image, Begin + 0x40, isReturnAddress: true));
        Assert.True(isEpilog || Unwind(image, Begin + 0x40) == Unwind(image, Begin + 0x40, isReturnAddress: true));
    }

    [Fact]
    public void A_part_is_unwound_as_the_function_that_it_is_of_whether_it_lies_behind_or_before_it()
    {
        // The part saved RSI; it lies behind, at 0x1400, and before, at 0x1800 of one at 0x1900.
        MadeUpPe image = new MadeUpPe(0x8000, 0x4000).Function(Begin, End, Usual);
        uint usual = image.Place([0x01, 0x05, 0x02, 0x00, 0x05, 0x32, 0x01, 0x30]);
        image.Function(0x1400, 0x1500, "21 00 02 00 0064 0200" + Hex(Begin, End, usual));
        image.Function(0x1800, 0x1900, "21 00 00 00" + Hex(0x1900, 0x1a00, usual)).Function(0x1900, 0x1a00, usual);
        byte[] bytes = image.Build();

        RegisterFile caller = Registers(Module(bytes), 0x1400, false);
        Assert.Equal((0x105UL, 0x7030UL, 0x104UL, 0x102UL), (caller.Ip, caller.Sp, caller[DwarfRegister.Rbx], caller[DwarfRegister.Rsi]));
        Assert.Equal((0x105UL, 0x7030UL, 0x104UL, 0x7100UL), Unwind(bytes, 0x1800));
    }

    [Fact]
    public void A_function_may_lead_to_another_ones_entry()
    {
        MadeUpPe image = new MadeUpPe(0x8000, 0x4000).Function(Begin, End, Usual);
        uint entry = image.Place(Convert.FromHexString(Hex(Begin, End, image.Place([0x01, 0x05, 0x02, 0x00, 0x05, 0x32, 0x01, 0x30]))));
        byte[] bytes = image.Function(0x1200, 0x1300, entry | 1).Build();

        Assert.Equal((0x105UL, 0x7030UL, 0x104UL, 0x7100UL), Unwind(bytes, 0x1205));
    }

    [Fact]
    public void What_has_no_entry_left_the_stack_as_it_was_if_it_is_code_and_calls_nothing()
    {
        using PeModule module = Module(Image(Usual, ""));

        Assert.Equal((0x100UL, 0x7008UL), (Registers(module, 0x1100, false).Ip, Registers(module, 0x1100, false).Sp));
        Assert.Null(module.FindRow(Base + 0x1100, isReturnAddress: true));
        Assert.Null(module.FindRow(Base + 0x6000, isReturnAddress: false));
    }

    [Fact]
    public void What_interrupted_is_no_call()
    {
        Assert.True(Module(Image("01 00 01 00 000a 0000", "")).FindRow(Base + Begin, false)!.IsSignalFrame);
        Assert.False(Module(Image(Usual, "")).FindRow(Base + Begin, false)!.IsSignalFrame);
    }

    [Theory]
    [MemberData(nameof(Broken))]
    public void What_is_broken_is_told_and_no_row(string unwindInfo) => AssertTold(Image(unwindInfo, ""));

    [Fact]
    public void A_circle_of_parts_is_told_and_no_row()
    {
        MadeUpPe image = new(0x8000, 0x4000);
        uint at = image.Place(new byte[16]);
        image.Code(at, "21 00 00 00" + Hex(Begin, End, at)).Function(Begin, End, at);
        AssertTold(image.Build());

        image = new MadeUpPe(0x8000, 0x4000);
        at = image.Place(new byte[12]);
        AssertTold(image.Code(at, Hex(Begin, End, at | 1)).Function(Begin, End, at | 1).Build());
    }

    [Fact]
    public void A_stack_that_is_not_there_is_told_to_the_caller()
    {
        using PeModule module = Module(Image(Usual, ""));
        RegisterFile registers = RegisterFile.Of(new Amd64Registers { Rip = Base + Begin, Rsp = ulong.MaxValue - 3 });

        Assert.Throws<InvalidDataException>(() => module.FindRow(Base + Begin, false)!.Unwind(registers, new CachedMemory(new MadeUpMemory())));
    }

    [Theory]
    [InlineData(0x1000U, "First", 0x1000U)]
    [InlineData(0x10ffU, "First", 0x1000U)]

    // Within the function another one is exported.
    [InlineData(0x1080U, "Within", 0x1080U)]

    // An unexported neighbour, in the directory and behind it.
    [InlineData(0x1200U, null, 0U)]
    [InlineData(0x1110U, null, 0U)]

    // A leaf, and behind it a part of the first.
    [InlineData(0x1510U, "Leaf", 0x1508U)]
    [InlineData(0x1400U, "First", 0x1000U)]
    [InlineData(0x3000U, null, 0U)]
    [InlineData(0x500U, null, 0U)]
    public void A_name_is_that_of_the_function_and_of_no_neighbour(uint address, string? name, uint begin)
    {
        MadeUpPe image = new MadeUpPe(0x8000, 0x4000).Function(Begin, End, Usual).Function(0x1200, 0x1300, Usual);
        image.Function(0x1400, 0x1500, "21 00 00 00" + Hex(Begin, End, image.Place([0x01, 0x00, 0x00, 0x00])));
        image.Export("First", Begin).Export("Leaf", 0x1508).Export("Data", 0x5000).Export("Within", 0x1080);
        if (name == "First" && address != 0x1000)
        {
            // Else the nearest would be Within.
            image = new MadeUpPe(0x8000, 0x4000).Function(Begin, End, Usual).Export("First", Begin);
            image.Function(0x1400, 0x1500, "21 00 00 00" + Hex(Begin, End, image.Place([0x01, 0x00, 0x00, 0x00])));
        }

        using PeModule module = Module(image.Build());

        (string Name, ulong Address)? function = module.FindFunction(Base + address, null);

        Assert.Equal((name, name is null ? (ulong?)null : Base + begin), (function?.Name, function?.Address));
    }

    [Theory]
    [InlineData(0x8664, false, true)]
    [InlineData(0x8664, true, false)]
    [InlineData(0xfd1d, true, false)]
    [InlineData(0x014c, true, false)]
    public void Native_is_what_has_no_header_of_the_runtime(int machine, bool isManaged, bool isNative)
    {
        MadeUpPe image = new MadeUpPe(0x8000, 0x4000).OfMachine((ushort)machine).Function(Begin, End, Usual).Export("First", Begin);
        using PeModule module = Module((isManaged ? image.Managed() : image).Build());

        Assert.Equal(isNative, module.IsNative);
        Assert.Equal(machine == 0x8664, module.FindRow(Base + Begin, false) is not null);
        Assert.Equal(isNative, module.FindFunction(Base + Begin, null) is not null);
    }

    [Fact]
    public void Without_a_map_code_of_images_and_of_the_runtime_is_walked_to_the_threads_beginning()
    {
        const ulong jit = 0x2_0000_0000;
        const ulong stack = 0x10_0000;
        byte[] code = new byte[0x1000];
        Convert.FromHexString("ffd0").CopyTo(code, 0x0e);
        byte[] bytes = new MadeUpPe(0x8000, 0x4000).Function(Begin, End, Usual).Function(0x1200, 0x1300, Usual).Export("Begin", 0x1200).Export("Worker", Begin)
            .Code(Begin + 0x3e, "ffd0").Code(0x123e, "ffd0").Build();
        byte[] words = new byte[0x2000];
        void Put(int word, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(words.AsSpan(word * 8), value);

        // Worker, from code of the runtime's with a chain of frame pointers, from Begin, from nowhere.
        Put(5, jit + 0x10);
        Put(8, stack + (20 * 8));
        Put(9, Base + 0x1240);
        Put(10 + 5, 0);
        using NativeUnwinder unwinder = new(
            new MadeUpMemory().With(Base, bytes).With(jit, code).With(stack, words),
            [new WalkModule(@"C:\app\worker.dll", Base, (ulong)bytes.Length, [], IsElf: false)],
            [],
            _ => null);

        List<NativeFrame> frames = [.. unwinder.Unwind(new Amd64Registers { Rip = Base + Begin + 0x40, Rsp = stack, Rbp = stack + (8 * 8), Rbx = 1 })];

        Assert.Equal([Base + Begin + 0x40, jit + 0x10, Base + 0x1240], frames.Select(frame => frame.Frame.Ip));
        Assert.Equal([StackFrameOrigin.Context, StackFrameOrigin.UnwindTable, StackFrameOrigin.FramePointer], frames.Select(frame => frame.Frame.Origin));
        Assert.Equal(["Worker", null, "Begin"], frames.Select(frame => frame.Frame.Method));
        Assert.Equal([true, false, true], frames.Select(frame => unwinder.IsNative(frame.Frame.Ip)));
        Assert.True(unwinder.AreOnOneStack(stack, stack + 0x1ff8));
        Assert.False(unwinder.AreOnOneStack(stack, jit));
        Assert.Empty(unwinder.Problems);
    }

    private static string Hex(uint begin, uint end, uint unwind)
        => Convert.ToHexString([.. BitConverter.GetBytes(begin), .. BitConverter.GetBytes(end), .. BitConverter.GetBytes(unwind)]);

    /// <summary>The function, another one at 0x1200, a part of nobody's with a frame at 0x1300, a part of the function's at 0x1400.</summary>
    private static byte[] Image(string unwindInfo, string code)
    {
        MadeUpPe image = new MadeUpPe(0x8000, 0x4000).Code(Begin + 0x40, code).Function(0x1200, 0x1300, Usual).Function(0x1300, 0x1400, "01 00 02 00 0032 0030");
        uint own = image.Place(Convert.FromHexString(unwindInfo.Replace(" ", "", StringComparison.Ordinal)));
        return image.Function(Begin, End, own).Function(0x1400, 0x1500, "21 00 00 00" + Hex(Begin, End, own)).Build();
    }

    private static PeModule Module(byte[] image, Action<string>? tell = null)
        => new(new WalkModule("made-up.dll", Base, (ulong)image.Length, [], IsElf: false), new CachedMemory(new MadeUpMemory().With(Base, image)), tell ?? (problem => Assert.Fail(problem)));

    private static void AssertTold(byte[] image)
    {
        List<string> problems = [];
        using PeModule module = Module(image, problems.Add);

        Assert.Null(module.FindRow(Base + Begin, false));
        Assert.StartsWith("made-up.dll: ", Assert.Single(problems));
    }

    private static (ulong Rip, ulong Rsp, ulong Rbx, ulong Rbp) Unwind(byte[] image, uint address, bool isReturnAddress = false)
    {
        using PeModule module = Module(image);
        RegisterFile caller = Registers(module, address, isReturnAddress);
        return (caller.Ip, caller.Sp, caller[DwarfRegister.Rbx], caller[DwarfRegister.Rbp]);
    }

    private static RegisterFile Registers(PeModule module, uint address, bool isReturnAddress)
    {
        byte[] stack = new byte[0x1000];
        for (int i = 0; i < stack.Length / sizeof(ulong); i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(stack.AsSpan(i * sizeof(ulong)), 0x100 + (ulong)i);
        }

        RegisterFile registers = RegisterFile.Of(new Amd64Registers { Rip = Base + address, Rsp = Stack, Rbp = 0x7100, Rbx = 0xbb });
        return module.FindRow(Base + address, isReturnAddress)!.Unwind(registers, new CachedMemory(new MadeUpMemory().With(Stack, stack)));
    }
}
