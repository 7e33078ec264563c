using System.Buffers.Binary;
using CrashHandler.Handler.Capture;
using CrashHandler.Handler.Stacks;
using CrashHandler.Handler.Stacks.Request;
using CrashHandler.Protocol;
using CrashHandler.Tests.Minidump;
using Xunit;

namespace CrashHandler.Tests.Stacks;

/// <summary>What the handler tells the walk arrives as it was, and nothing else is taken for it.</summary>
public sealed class WalkRequestCodecTests
{
    private const int Mutations = 10_000;
    private const int Seed = 20_261_128;

    /// <summary>Bytes that one request may make its reader allocate: what a damaged length of the maps asks for, and then lacks.</summary>
    private const long MaxAllocated = StacksLimits.MapsBytes + (1 << 20);

    [Fact]
    public void Header() => RecordLayoutTests.Check<WalkRequestHeader>(44,
        "Magic 0 4", "Version 4 4", "Flags 8 4", "ProcessId 12 4", "UserId 16 4", "GroupId 20 4", "Signal 24 4", "LimitMilliseconds 28 4", "ThreadCount 32 4",
        "ModuleCount 36 4", "MapsLength 40 4");

    [Fact]
    public void AnswerHeader() => RecordLayoutTests.Check<WalkAnswerHeader>(8, "Length 0 4");

    [Fact]
    public void AnAnswerIsThereWithItsLength()
    {
        byte[] shared = new byte[WalkAnswerHeader.Size + 4];
        Assert.Equal(0u, WalkAnswerHeader.LengthOf(shared));

        WalkAnswerHeader.Write(shared, "{}"u8);

        Assert.Equal(2u, WalkAnswerHeader.LengthOf(shared));
        Assert.Equal("{}"u8, shared.AsSpan(WalkAnswerHeader.Size, 2));
    }

    [Fact]
    public void Registers() => RecordLayoutTests.Check<WalkRegisters>(160,
        "R8 0 8", "R9 8 8", "R10 16 8", "R11 24 8", "R12 32 8", "R13 40 8", "R14 48 8", "R15 56 8", "Rdi 64 8", "Rsi 72 8", "Rbp 80 8", "Rbx 88 8", "Rdx 96 8",
        "Rax 104 8", "Rcx 112 8", "Rsp 120 8", "Rip 128 8", "FsBase 136 8", "EFlags 144 4", "Cs 148 2", "Ds 150 2", "Es 152 2", "Fs 154 2", "Gs 156 2", "Ss 158 2");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_is_written_is_read(bool isFull)
    {
        WalkRequest request = isFull ? Full() : Least();

        WalkRequest read = WalkRequestCodec.Read(new MemoryStream(Encode(request)));

        Assert.Equal(request with { Threads = [], Modules = [], Maps = [] }, read with { Threads = [], Modules = [], Maps = [] }, Same);
        Assert.Equal(request.Threads, read.Threads);
        Assert.Equal(request.Modules.Select(module => module with { BuildId = [] }), read.Modules.Select(module => module with { BuildId = [] }), Same);
        Assert.Equal(request.Modules.Select(module => module.BuildId), read.Modules.Select(module => module.BuildId));
        Assert.Equal(request.Maps, read.Maps);
    }

    [Fact]
    public void Each_flag_is_its_own()
    {
        foreach (Func<WalkRequest, WalkRequest> set in (Func<WalkRequest, WalkRequest>[])
            [r => r with { HasOwnRoot = true }, r => r with { IsDotNet = true }, r => r with { HasCrashed = true }, r => r with { LeavesOutMessages = true }])
        {
            WalkRequest read = WalkRequestCodec.Read(new MemoryStream(Encode(set(Least()))));

            Assert.Equal(set(Least()) with { Threads = [], Modules = [], Maps = [] }, read with { Threads = [], Modules = [], Maps = [] }, Same);
        }
    }

    [Fact]
    public void What_is_no_text_arrives_as_replacement_characters()
    {
        WalkRequest read = WalkRequestCodec.Read(new MemoryStream(Encode(Least() with { ExceptionMessage = "a\ud800b" })));

        Assert.Equal("a\ufffdb", read.ExceptionMessage);
    }

    /// <summary>The limits stand in two rooms, because the walk has no captures and no protocol.</summary>
    [Fact]
    public void Every_snapshot_fits()
    {
        Assert.Equal(CaptureLimits.MaxThreads, StacksLimits.Threads);
        Assert.Equal(CaptureLimits.MaxModules, StacksLimits.Modules);
        Assert.True(StacksLimits.NameBytes >= 3 * 64);
        Assert.Equal(3 * CaptureLimits.PathBytes, StacksLimits.PathBytes);
        Assert.Equal(3 * ProtocolLimits.MaxExceptionTextBytes, StacksLimits.RequestTextBytes);
    }

    [Fact]
    public void What_is_beyond_a_limit_is_not_written()
    {
        WalkThread thread = new(1, "", null);
        WalkModule module = new("", 0, 0, [], true);
        Refused(Least() with { Threads = [.. Enumerable.Repeat(thread, StacksLimits.Threads + 1)] });
        Refused(Least() with { Modules = [.. Enumerable.Repeat(module, StacksLimits.Modules + 1)] });
        Refused(Least() with { Maps = new byte[StacksLimits.MapsBytes + 1] });
        Refused(Least() with { ExceptionText = new string('x', StacksLimits.RequestTextBytes + 1) });
        Refused(Least() with { Threads = [thread with { Name = new string('x', StacksLimits.NameBytes + 1) }] });
        Refused(Least() with { Modules = [module with { Path = new string('x', StacksLimits.PathBytes + 1) }] });
        Refused(Least() with { Modules = [module with { BuildId = new byte[StacksLimits.BuildIdBytes + 1] }] });

        static void Refused(WalkRequest request) => Assert.Throws<InvalidDataException>(() => Encode(request));
    }

    [Fact]
    public void What_is_cut_or_goes_on_is_refused()
    {
        byte[] whole = Encode(Full());
        for (int length = 0; length < whole.Length; length++)
        {
            Assert.Throws<InvalidDataException>(() => WalkRequestCodec.Read(new MemoryStream(whole, 0, length)));
        }

        Assert.Throws<InvalidDataException>(() => WalkRequestCodec.Read(new MemoryStream([.. whole, 0])));
    }

    [Theory]
    [InlineData(0, 0u)]
    [InlineData(4, 2u)]
    [InlineData(8, 0x10u)]
    [InlineData(32, 0xffff_ffffu)]
    [InlineData(36, 2_049u)]
    [InlineData(40, 0x7fff_ffffu)]
    public void A_header_that_is_wrong_is_refused(int offset, uint value)
    {
        byte[] bytes = Encode(Full());
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(offset), value);

        Assert.Throws<InvalidDataException>(() => WalkRequestCodec.Read(new MemoryStream(bytes)));
    }

    /// <summary>Ten thousand damaged requests, always the same ones: each is read or refused in bounded memory.</summary>
    [Fact]
    public void Damaged_requests_are_read_or_refused()
    {
        byte[][] seeds = [Encode(Full()), Encode(Least())];
        Random random = new(Seed);
        int read = 0;
        for (int i = 0; i < Mutations; i++)
        {
            byte[] bytes = [.. seeds[i % seeds.Length]];
            for (int changes = random.Next(1, 4); changes > 0; changes--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                WalkRequestCodec.Read(new MemoryStream(bytes));
                read++;
            }
            catch (InvalidDataException)
            {
                // As it should be.
            }

            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(allocated <= MaxAllocated, $"seed {Seed}, mutation {i}: {allocated} bytes allocated");
        }

        // Were all refused, the loop would have shown nothing.
        Assert.InRange(read, Mutations / 20, Mutations - 1);
    }

    internal static WalkRequest Least() => new()
    {
        ProcessId = 1,
        UserId = 1_000,
        GroupId = 1_001,
        Limit = StacksLimits.OfDemand,
        Threads = [],
        Modules = [],
        Maps = [],
    };

    internal static WalkRequest Full() => new()
    {
        ProcessId = 4_711,
        UserId = uint.MaxValue - 1,
        GroupId = 65_534,
        HasOwnRoot = true,
        IsDotNet = true,
        HasCrashed = true,
        LeavesOutMessages = true,
        Limit = StacksLimits.OfDeath,
        Signal = 11,
        Threads =
        [
            new WalkThread(4_711, ".NET Finalizer", new Amd64Registers
            {
                R8 = 1, R9 = 2, R10 = 3, R11 = 4, R12 = 5, R13 = 6, R14 = 7, R15 = 8, Rdi = 9, Rsi = 10, Rbp = 11, Rbx = 12, Rdx = 13, Rax = 14, Rcx = 15,
                Rsp = ulong.MaxValue, Rip = 0x7fff_0000_1234, EFlags = 0x10202, Cs = 0x33, Ds = 16, Es = 17, Fs = 18, Gs = 19, Ss = 0x2b, FsBase = 0x7f00_0000_0740,
            }),
            new WalkThread(4_712, "", null),
            new WalkThread(4_713, "Füße", new Amd64Registers { Rip = 1 }),
        ],
        Modules =
        [
            new WalkModule("/opt/app/Übung", 0x5555_5555_0000, 0x1000, [1, 2, 3], true),
            new WalkModule("/opt/app/App.dll", 0x7f00_0000_0000, ulong.MaxValue, [], false),
        ],
        Maps = "00400000-00401000 r-xp 00000000 08:01 42 /opt/app/Übung\n"u8.ToArray(),
        ExceptionType = "System.InvalidOperationException",
        ExceptionMessage = "",
        ExceptionText = "System.InvalidOperationException: \n   at P.Main()",
    };

    private static byte[] Encode(WalkRequest request)
    {
        using MemoryStream stream = new();
        WalkRequestCodec.Write(request, stream);
        return stream.ToArray();
    }

    // Records compare their lists by reference; empty ones of collection expressions are one and the same array only within a type.
    private static bool Same(WalkRequest one, WalkRequest other)
        => one with { Threads = other.Threads, Modules = other.Modules, Maps = other.Maps } == other;

    private static bool Same(WalkModule one, WalkModule other) => one with { BuildId = other.BuildId } == other;
}
