using System.Buffers.Binary;
using System.Text;
using CrashHandler.Handler.Capture;
using CrashHandler.Handler.Capture.Linux;
using CrashHandler.Handler.Stacks;
using CrashHandler.Handler.Stacks.Elf;
using CrashHandler.Protocol;
using Xunit;

namespace CrashHandler.Tests.Capture;

/// <summary>The readers of /proc, of ELF headers and of notices, on bytes alone.</summary>
[Collection(nameof(VictimCollection))]
public sealed class ParserTests(VictimProgram program)
{
    [Theory]
    [InlineData("12 (name) S 1 2 3 4 5 6 7 8 9 10 141 151 16 17 18 19 20 21 2222 23", 'S')]
    [InlineData("12 (a) R (b) ) Z 1 2 3 4 5 6 7 8 9 10 141 151 16 17 18 19 20 21 2222\n", 'Z')]
    [InlineData("12 (name) t 1 2 3 4 5 6 7 8 9 10 141 151 16 17 18 19 20 21 2222 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 505050 51 139\n", 't', 505050, 139)]
    public void Stat_is_read_behind_the_last_parenthesis(string text, char state, ulong environment = 0, int exitStatus = 0)
        => Assert.Equal(new ProcStatFields(state, 141, 151, 2222, environment, Flags: 6, exitStatus), ProcStat.Parse(Encoding.UTF8.GetBytes(text)));

    [Theory]
    [InlineData("")]
    [InlineData("12 name S 1")]
    [InlineData("12 (name)")]
    [InlineData("12 (name) S 1 2 3")]
    [InlineData("12 (name) S 1 2 3 4 5 6 7 8 9 10 x 15 16 17 18 19 20 21 22")]
    public void Stat_of_another_kind_is_refused(string text)
        => Assert.Throws<InvalidDataException>(() => ProcStat.Parse(Encoding.UTF8.GetBytes(text)));

    /// <summary>Of a set-user-id program that became root the user who started it, else the effective one; numbers above 2^31, as containers have them, too.</summary>
    [Theory]
    [InlineData("Uid:\t1000\t1000\t1000\t1000", 1000u)]
    [InlineData("Uid:\t1000\t0\t0\t0", 1000u)]
    [InlineData("Uid:\t0\t1000\t0\t1000", 1000u)]
    [InlineData("Uid:\t0\t0\t0\t0", 0u)]
    [InlineData("Uid:\t4294967294\t4294967294\t4294967294\t4294967294", 4_294_967_294u)]
    [InlineData("Uid:\t", null)]
    [InlineData("", null)]
    public void The_walk_gets_the_least_of_a_process_users(string line, uint? user)
    {
        byte[] status = System.Text.Encoding.ASCII.GetBytes($"Name:\tUid:\n{line}\n{line.Replace("Uid", "Gid")}\nGroups:\t0\n");

        Assert.Equal((user, user), (ProcStatus.LeastUserId(status), ProcStatus.LeastGroupId(status)));
    }

    [Fact]
    public void Status_gives_pids_and_tracer()
    {
        byte[] status = "Name:\tNSpid:\t9\nTracerPid:\t77\nNSpid:\t40\t7\t1\n"u8.ToArray();
        Assert.Equal([40, 7, 1], ProcStatus.NamespacePids(status));
        Assert.Equal(77, ProcStatus.TracerPid(status));
        Assert.Empty(ProcStatus.NamespacePids([]));
    }

    [Fact]
    public void Maps_are_read_field_by_field()
    {
        MemoryMap map = MemoryMap.Parse(Encoding.UTF8.GetBytes(
            "00400000-00401000 r-xp 00001000 fe:01 1234                               /opt/a b/x (deleted)\n"
            + "00401000-00402000 ---p 00000000 00:00 0 \n"
            + "00403000-00404000 rw-p 00000000 00:00 0                                  [stack]\n"
            + "7fff0000-7fff1000 r--s 00000000 00:05 9                                  /line\\012break\n"));

        Assert.Equal(4, map.Mappings.Count);
        Assert.Equal(
            new MemoryMapping
            {
                Start = 0x400000,
                End = 0x401000,
                Readable = true,
                Executable = true,
                Offset = 0x1000,
                Device = 0xfe00000001,
                Inode = 1234,
                Path = "/opt/a b/x",
                Deleted = true,
            },
            map.Mappings[0]);
        Assert.Equal(["", "[stack]", "/line\nbreak"], map.Mappings.Skip(1).Select(mapping => mapping.Path));
        Assert.False(map.Mappings[1].Readable);
        Assert.Equal([~0, 0, 0, 1, ~2, 2, 3, ~4],
            new ulong[] { 0x3fffff, 0x400000, 0x400fff, 0x401000, 0x402000, 0x403fff, 0x7fff0fff, 0x7fff1000 }.Select(map.Find));
    }

    [Theory]
    [InlineData("nonsense\n")]
    [InlineData("00401000-00400000 r-xp 00001000 fe:01 1234 /x\n")]
    [InlineData("00400000-00401000 r-x\n")]
    [InlineData("00400000-00401000 r-xp 00001000 fe:01 \n")]
    public void Maps_of_another_kind_are_refused(string text)
        => Assert.Throws<InvalidDataException>(() => MemoryMap.Parse(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void A_damaged_image_is_refused_or_read_but_never_worse()
    {
        byte[] page = File.ReadAllBytes(program.Path)[..CaptureLimits.ImageHeaderBytes];
        Assert.NotEmpty(ElfImage.Parse(page).Loads);
        Random random = new(20_240_607);
        int refused = 0;
        for (int round = 0; round < 20_000; round++)
        {
            byte[] damaged = [.. page];
            for (int i = 0; i < 8; i++)
            {
                damaged[4 + random.Next(1_000)] = (byte)random.Next(256);
            }

            try
            {
                ElfImage image = ElfImage.Parse(damaged.AsSpan(0, random.Next(damaged.Length)));
                Assert.InRange(image.Size, 1UL, 1UL << 32);
                Assert.Equal(0UL, image.Size % 4_096);
            }
            catch (InvalidDataException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, 1, 19_999);
    }

    [Fact]
    public void A_build_id_is_found_behind_other_notes()
    {
        byte[] note = [4, 0, 0, 0, 5, 0, 0, 0, 1, 0, 0, 0, .. "GNU\0"u8, 9, 9, 9, 9, 9, 0, 0, 0];
        byte[] wanted = [4, 0, 0, 0, 3, 0, 0, 0, 3, 0, 0, 0, .. "GNU\0"u8, 1, 2, 3, 0];
        Assert.Equal([1, 2, 3], ElfImage.FindBuildId([.. note, .. wanted], 4));
        Assert.Null(ElfImage.FindBuildId(note, 4));
        for (int length = 0; length < note.Length + wanted.Length - 1; length++)
        {
            Assert.Null(ElfImage.FindBuildId(((byte[])[.. note, .. wanted]).AsSpan(0, length), 4));
        }

        byte[] huge = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 3, 0, 0, 0];
        Assert.Null(ElfImage.FindBuildId(huge, 8));
    }

    [Theory]
    [InlineData(11, 1, 0x1122334455667788UL, new ulong[0])]
    [InlineData(11, 0, 0UL, new ulong[0])]
    [InlineData(7, 2, 0x1122334455667788UL, new ulong[0])]
    [InlineData(6, -6, 0UL, new ulong[] { 0x55667788, 0x11223344, 0xaabbccdd99887766 })]
    [InlineData(31, 1, 0x1122334455667788UL, new ulong[] { 0x99887766, 0xaabbccdd })]
    [InlineData(29, 1, 0UL, new ulong[] { 0x1122334455667788, 0x99887766 })]
    [InlineData(14, -2, 0UL, new ulong[] { 0x55667788, 0x11223344, 0xaabbccdd99887766 })]
    public void A_signal_has_the_address_and_parameters_that_Crashpad_gives_it(int signal, int code, ulong address, ulong[] parameters)
    {
        ExceptionSnapshot exception = ReadException(signal, code, sigInfoSignal: signal);

        Assert.Equal((signal, code, address), (exception.Signal, exception.Code, exception.Address));
        Assert.Equal(parameters, exception.Parameters);
    }

    [Fact]
    public void An_empty_siginfo_says_nothing()
    {
        ExceptionSnapshot exception = ReadException(11, 1, sigInfoSignal: 0);

        Assert.Equal(0UL, exception.Address);
        Assert.Empty(exception.Parameters);
    }

    [Fact]
    public void A_full_list_of_soft_errors_counts_the_rest()
    {
        SoftErrorList errors = new();
        for (int i = 0; i < CaptureLimits.MaxSoftErrors + 10; i++)
        {
            errors.Add(CaptureStep.Stack, $"tid {i}", "cut");
        }

        SoftError[] all = errors.ToArray();
        Assert.Equal(CaptureLimits.MaxSoftErrors, all.Length);
        Assert.StartsWith("11 more", all[^1].Reason, StringComparison.Ordinal);
    }

    private static ExceptionSnapshot ReadException(int signal, int code, int sigInfoSignal)
    {
        byte[] payload = new byte[CrashNotice.Size];
        BinaryPrimitives.WriteInt32LittleEndian(payload, CrashNotice.Size);
        BinaryPrimitives.WriteInt32LittleEndian(payload.AsSpan(16), signal);
        BinaryPrimitives.WriteInt32LittleEndian(payload.AsSpan(20), code);
        Span<byte> sigInfo = payload.AsSpan(CrashNotice.SigInfoOffset);
        BinaryPrimitives.WriteInt32LittleEndian(sigInfo, sigInfoSignal);
        BinaryPrimitives.WriteUInt64LittleEndian(sigInfo[16..], 0x1122334455667788);
        BinaryPrimitives.WriteUInt64LittleEndian(sigInfo[24..], 0xaabbccdd99887766);
        CrashNotice notice = CrashNotice.Parse(payload);
        return NoticeReader.ReadException(notice, payload, NoticeReader.ReadRegisters(notice, payload));
    }
}
