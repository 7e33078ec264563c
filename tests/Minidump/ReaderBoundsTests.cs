using System.Text;
using System.Text.Json;
using CrashHandler.Handler.Minidump;
using CrashHandler.Handler.Minidump.Format;
using Xunit;
using static CrashHandler.Tests.Minidump.RawDump;

namespace CrashHandler.Tests.Minidump;

/// <summary>Files made to hurt their reader: each gets its one clear line, and what is whole beside the damage is still read.</summary>
public sealed class ReaderBoundsTests
{
    private const uint Max = uint.MaxValue;

    [Fact]
    public void Empty() => Fails([], "the file is empty");

    [Fact]
    public void NoMinidump() => Fails(Encoding.ASCII.GetBytes("\u007fELF and so on, much longer than a header would be"), "not a minidump: it begins with the bytes 7F454C46 instead of 4D444D50 (MDMP)");

    [Fact]
    public void OneByte() => Fails([0x4D], "not a minidump: it begins with the bytes 4D instead of 4D444D50 (MDMP)");

    [Fact]
    public void HeaderCutOff() => Fails(Header(1)[..20], "a truncated minidump: 20 bytes are left, and its header alone has 32");

    [Fact]
    public void Unfinished()
    {
        byte[] bytes = SampleSnapshot.Dump(SampleSnapshot.Create());
        bytes.AsSpan(0, 4).Clear();
        Fails(bytes, "an unfinished minidump: its writer ended before it wrote the signature");
    }

    [Fact]
    public void BigEndian() => Fails([.. "PMDM"u8, .. new byte[28]], "a minidump of a big-endian machine, which is not supported");

    [Fact]
    public void OtherVersion()
    {
        byte[] bytes = Header(0);
        bytes[4] = 0;
        Fails(bytes, "the header has version 0xa700 instead of 0xa793 (at offset 0x4)");
    }

    [Fact]
    public void DirectoryCutOff() => Fails([.. Header(3), .. new byte[12]], "a truncated minidump: its directory of 3 streams ends outside the file of 44 bytes (at offset 0x20)");

    [Fact]
    public void DirectoryElsewhere() => Fails(Header(1, Max), "a truncated minidump: its directory of 1 streams ends outside the file of 32 bytes (at offset 0xffffffff)");

    [Fact]
    public void TooManyStreams() => Fails(Header(Max), "the header names 4294967295 streams, above the limit of 10000 (at offset 0x8)");

    [Fact]
    public void StreamCutOff()
        => Fails([.. Header(1), .. U32(3, Max, 44)], "a truncated minidump: its stream ThreadList of 4294967295 bytes ends outside the file of 44 bytes (at offset 0x2c)");

    [Fact]
    public void AnyCutOfADumpIsTruncated()
    {
        byte[] whole = SampleSnapshot.Dump(SampleSnapshot.Create());
        for (int length = 4; length < whole.Length; length += 97)
        {
            MinidumpFormatException e = Assert.Throws<MinidumpFormatException>(() => MinidumpFile.Read(whole.AsMemory(0, length)));
            Assert.StartsWith("a truncated minidump: ", e.Message);
        }
    }

    [Fact]
    public void NoStreams()
    {
        MinidumpFile dump = MinidumpFile.Read(Header(0));
        Assert.Empty(dump.Streams);
        Assert.Null(dump.Exception);
    }

    [Fact]
    public void UnusedEntriesAndUnknownStreamsAreNoProblem()
    {
        MinidumpFile dump = MinidumpFile.Read(Of((MinidumpStreamType.Unused, []), ((MinidumpStreamType)0x12345678, [1, 2, 3]), (MinidumpStreamType.Unused, [])));
        DumpStream stream = Assert.Single(dump.Streams);
        Assert.Equal(("0x12345678", 3u), (stream.Name, stream.Size));
        Assert.Empty(stream.Problems);
    }

    [Fact]
    public void AStreamThatIsThereTwiceIsReadOnce()
    {
        MinidumpFile dump = MinidumpFile.Read(Of((MinidumpStreamType.LinuxMaps, "one"u8.ToArray()), (MinidumpStreamType.LinuxMaps, "two"u8.ToArray())));
        Assert.Equal("one", dump.LinuxFiles[MinidumpStreamType.LinuxMaps]);
        Assert.Empty(dump.Streams[0].Problems);
        Assert.Equal("the file has this stream twice; only the first one is read", Assert.Single(dump.Streams[1].Problems));
    }

    [Theory]
    [InlineData(MinidumpStreamType.SystemInfo)]
    [InlineData(MinidumpStreamType.MiscInfo)]
    [InlineData(MinidumpStreamType.Exception)]
    [InlineData(MinidumpStreamType.ThreadList)]
    [InlineData(MinidumpStreamType.ThreadNames)]
    [InlineData(MinidumpStreamType.ModuleList)]
    [InlineData(MinidumpStreamType.MemoryList)]
    [InlineData(MinidumpStreamType.Memory64List)]
    [InlineData(MinidumpStreamType.CrashpadInfo)]
    [InlineData(MinidumpStreamType.MozSoftErrors)]
    internal void EmptyStreamsAreAProblemOfTheirOwn(MinidumpStreamType type)
    {
        MinidumpFile dump = MinidumpFile.Read(Of((type, []), (MinidumpStreamType.LinuxMaps, "maps"u8.ToArray())));
        Assert.Single(dump.Streams[0].Problems);
        Assert.Equal("maps", dump.LinuxFiles[MinidumpStreamType.LinuxMaps]);
    }

    [Theory]
    [InlineData(MinidumpStreamType.ThreadList, 48)]
    [InlineData(MinidumpStreamType.ModuleList, 108)]
    [InlineData(MinidumpStreamType.MemoryList, 16)]
    [InlineData(MinidumpStreamType.ThreadNames, 12)]
    internal void ACountThatTheStreamCannotHold(MinidumpStreamType type, int recordSize)
    {
        foreach (uint count in new[] { 2u, 0x0FFF_FFFFu, 0x8000_0000u, Max })
        {
            byte[] body = [.. U32(count), .. new byte[recordSize]];
            string problem = Problem(Of(type, body));
            Assert.Contains($"names {count} entries of {recordSize} bytes, more than its {body.Length} bytes hold (at offset 0x2c)", problem);
        }
    }

    [Fact]
    public void ACountAboveTheLimit()
    {
        byte[] body = new byte[4 + ((MinidumpLimits.MaxObjectsRead + 1) * 48)];
        U32(MinidumpLimits.MaxObjectsRead + 1).CopyTo(body, 0);
        Assert.Contains("names 65537 entries, above the limit of 65536", Problem(Of(MinidumpStreamType.ThreadList, body)));
    }

    [Fact]
    public void PaddingOfFourBytesIsAccepted()
    {
        MinidumpFile dump = MinidumpFile.Read(Of(MinidumpStreamType.MemoryList, [.. U32(1, 0xAAAA), .. U64(0x1000), .. U32(8, 0)]));
        Assert.Equal(new DumpMemoryRange(0x1000, 8, 0), Assert.Single(dump.Memory));
    }

    [Fact]
    public void AStackOutsideTheFileCostsOnlyItself()
    {
        byte[] thread = [.. U32(7, 0, 0, 0), .. U64(0, 0x1000), .. U32(100, 0xFFFF_FFF0, 0, 0)];
        MinidumpFile dump = MinidumpFile.Read(Of(MinidumpStreamType.ThreadList, [.. U32(1), .. thread]));
        Assert.Equal(7u, Assert.Single(dump.Threads).Id);
        Assert.Equal(default, dump.Threads[0].Stack);
        Assert.Equal("the stack of thread 7, 100 bytes, ends outside the file of 96 bytes (at offset 0xfffffff0)", Assert.Single(dump.Streams[0].Problems));
    }

    [Fact]
    public void ThreadsThatAreThereTwiceAreReadOnce()
    {
        byte[] thread = [.. U32(7), .. new byte[44]];
        MinidumpFile dump = MinidumpFile.Read(Of(MinidumpStreamType.ThreadList, [.. U32(2), .. thread, .. thread]));
        Assert.Single(dump.Threads);
        Assert.Contains("thread 7 is in the list twice", Assert.Single(dump.Streams[0].Problems));
    }

    [Fact]
    public void AContextTooShortOrOutside()
    {
        byte[] system = [.. U32(9), .. new byte[52]];
        byte[] thread = [.. U32(7), .. new byte[36], .. U32(10, 32)];
        byte[] other = [.. U32(8), .. new byte[36], .. U32(1232, Max)];
        MinidumpFile dump = MinidumpFile.Read(Of((MinidumpStreamType.SystemInfo, system), (MinidumpStreamType.ThreadList, [.. U32(2), .. thread, .. other])));
        Assert.All(dump.Threads, read => Assert.Null(read.Context));
        Assert.Equal(
            ["a context has 10 bytes instead of 1232 (at offset 0x20)", "a context of 1232 bytes ends outside the file of 212 bytes (at offset 0xffffffff)"],
            dump.Streams[1].Problems);
    }

    [Fact]
    public void OtherCpusAreListedNotDecoded()
    {
        byte[] system = [.. U32(12), .. new byte[16], .. U32(0x8201), .. new byte[32]];
        byte[] thread = [.. U32(7), .. new byte[36], .. U32(912, Max)];
        MinidumpFile dump = MinidumpFile.Read(Of((MinidumpStreamType.SystemInfo, system), (MinidumpStreamType.ThreadList, [.. U32(1), .. thread])));
        Assert.Equal("arm64", dump.System!.Architecture);
        Assert.Equal(912u, dump.Threads[0].ContextSize);
        Assert.Null(dump.Threads[0].Context);
        Assert.Empty(dump.Streams[1].Problems);
    }

    [Fact]
    public void ADamagedModuleNameCostsOnlyTheName()
    {
        byte[] Module(ulong address, uint nameRva) => [.. U64(address), .. U32(0x1000, 0, 0, nameRva), .. new byte[84]];
        uint nameAt = Body + 4 + (3 * 108);
        byte[] bytes = Of(MinidumpStreamType.ModuleList, [.. U32(3), .. Module(0x1000, Max), .. Module(0x2000, nameAt), .. Module(0x3000, nameAt + 8), .. Text("a"), .. U32(5)]);
        MinidumpFile dump = MinidumpFile.Read(bytes);
        Assert.Equal(["", "a", ""], dump.Modules.Select(module => module.Path));
        Assert.Equal(2, dump.Streams[0].Problems.Count);
        Assert.Contains("odd length of 5 bytes", dump.Streams[0].Problems[1]);
    }

    [Fact]
    public void ManyDamagedEntriesEndTheStream()
    {
        byte[] body = new byte[4 + (1000 * 108)];
        U32(1000).CopyTo(body, 0);
        for (int i = 0; i < 1000; i++)
        {
            U32(Max).CopyTo(body, 4 + (i * 108) + 20);
        }

        MinidumpFile dump = MinidumpFile.Read(Of(MinidumpStreamType.ModuleList, body));
        Assert.Equal(MinidumpLimits.MaxProblemsPerStream + 1, dump.Streams[0].Problems.Count);
        Assert.Equal("too much is wrong here; the rest is not read", dump.Streams[0].Problems[^1]);
        Assert.Equal(MinidumpLimits.MaxProblemsPerStream, dump.Modules.Count);
    }

    [Fact]
    public void MemoryOutsideTheFileCostsOnlyItself()
    {
        byte[] body = [.. U32(2), .. U64(0x1000), .. U32(Max, 1), .. U64(0x2000), .. U32(4, 40)];
        MinidumpFile dump = MinidumpFile.Read(Of(MinidumpStreamType.MemoryList, body));
        Assert.Equal(new DumpMemoryRange(0x2000, 4, 40), Assert.Single(dump.Memory));
        Assert.Contains("memory 0x1000, 4294967295 bytes, ends outside the file", Assert.Single(dump.Streams[0].Problems));
    }

    [Fact]
    public void Memory64IsReadAndItsSumsAreChecked()
    {
        byte[] whole = Of(MinidumpStreamType.Memory64List, [.. U64(2, 32), .. U64(0x1000, 4, 0x2000, 8)]);
        Assert.Equal([new(0x1000, 4, 32), new(0x2000, 8, 36)], MinidumpFile.Read(whole).Memory);

        byte[] wrapping = Of(MinidumpStreamType.Memory64List, [.. U64(2, 32), .. U64(0x1000, ulong.MaxValue - 10, 0x2000, 8)]);
        Assert.Contains("holds more than a file can", MinidumpFile.Read(wrapping).Streams[0].Problems[^1]);

        byte[] many = Of(MinidumpStreamType.Memory64List, [.. U64(ulong.MaxValue / 16, 32), .. U64(0x1000, 4)]);
        Assert.Contains("names 1152921504606846975 entries; it holds 1", Problem(many));
    }

    [Fact]
    public void TooManyExceptionParameters()
    {
        byte[] body = new byte[168];
        U32(7, 0, 11, 1).CopyTo(body, 0);
        U32(Max).CopyTo(body, 32);
        MinidumpFile dump = MinidumpFile.Read(Of(MinidumpStreamType.Exception, body));
        Assert.Equal(15, dump.Exception!.Parameters.Count);
        Assert.Equal("SIGSEGV /SEGV_MAPERR", dump.Exception.Reason);
        Assert.Contains("names 4294967295 parameters and has room for 15", Assert.Single(dump.Streams[0].Problems));
    }

    [Fact]
    public void AnExceptionOfWindowsIsNoSignal()
    {
        byte[] system = [.. U32(9), .. new byte[16], .. U32(2), .. new byte[32]];
        byte[] body = new byte[168];
        U32(7, 0, 0xC0000005).CopyTo(body, 0);
        MinidumpFile dump = MinidumpFile.Read(Of((MinidumpStreamType.SystemInfo, system), (MinidumpStreamType.Exception, body)));
        Assert.Equal("EXCEPTION_ACCESS_VIOLATION", dump.Exception!.Reason);
    }

    [Theory]
    [InlineData(24)]
    [InlineData(44)]
    [InlineData(232)]
    [InlineData(832)]
    [InlineData(1364)]
    public void EveryFormOfMiscInfo(int size)
    {
        byte[] body = new byte[size];
        U32((uint)size, 0x3F7, 123, 60, 2, 3).CopyTo(body, 0);
        MinidumpFile dump = MinidumpFile.Read(Of(MinidumpStreamType.MiscInfo, body));
        Assert.Equal(123u, dump.ProcessId);
        Assert.Equal(DateTimeOffset.UnixEpoch.AddMinutes(1), dump.Process!.StartTime);
        Assert.Equal(size >= 832, dump.Process.Build is not null);
        Assert.Equal(size >= 232, dump.Process.TimeZone is not null);
        Assert.Empty(dump.Streams[0].Problems);
    }

    [Fact]
    public void ThePidOfOtherProducersIsInStatus()
        => Assert.Equal(4711u, MinidumpFile.Read(Of(MinidumpStreamType.LinuxProcStatus, "Name:\tx\nPid:\t4711\nPPid:\t1\n"u8.ToArray())).ProcessId);

    [Fact]
    public void CodeViewOfPeFiles()
    {
        Guid guid = Guid.Parse("00112233-4455-6677-8899-aabbccddeeff");
        uint cvAt = Body + 4 + 108;
        byte[] cv = [.. U32(0x53445352), .. guid.ToByteArray(), .. U32(0x1A), .. "x.pdb\0rest"u8];
        byte[] module = [.. U64(0x1000), .. U32(0x5000, 0, 0xABCD, cvAt + (uint)cv.Length), .. new byte[52], .. U32((uint)cv.Length, cvAt, 0, 0), .. new byte[16]];
        DumpModule read = Assert.Single(MinidumpFile.Read(Of(MinidumpStreamType.ModuleList, [.. U32(1), .. module, .. cv, .. Text(@"C:\x.dll")])).Modules);
        Assert.Equal(("00112233445566778899AABBCCDDEEFF1A", "0000ABCD5000", "x.pdb", "x.dll"), (read.DebugId, read.CodeId, read.DebugFile, read.FileName));
    }

    [Fact]
    public void AnnotationsOfModulesAreRead()
    {
        uint at = Body + 64;
        byte[] key = Utf8("k");
        byte[] value = Utf8("v");
        uint valueAt = at + (uint)key.Length;
        uint simpleAt = valueAt + (uint)value.Length;
        uint listAt = simpleAt + 12;
        uint objectsAt = listAt + 8;
        uint infoAt = objectsAt + 28;
        uint linksAt = infoAt + 28;
        byte[] info = [.. U32(1), .. new byte[32], .. U32(12, simpleAt, 16, linksAt, 0, 0, 0)];
        byte[] tail =
        [
            .. key, .. value,
            .. U32(1, at, valueAt),
            .. U32(1, valueAt),
            .. U32(2, at, 1, valueAt, valueAt, 0x8000, valueAt),
            .. U32(1, 8, listAt, 12, simpleAt, 28, objectsAt),
            .. U32(1, 3, 28, infoAt),
        ];
        MinidumpFile dump = MinidumpFile.Read(Of(MinidumpStreamType.CrashpadInfo, [.. info, .. tail]));
        Assert.Empty(dump.Streams[0].Problems);
        Assert.Equal("v", dump.Crashpad!.Annotations["k"]);
        DumpModuleAnnotations module = Assert.Single(dump.Crashpad.Modules);
        Assert.Equal(3u, module.ModuleIndex);
        Assert.Equal("v", module.Simple["k"]);
        Assert.Equal(["v"], module.List);
        Assert.Equal(("v", "1 bytes of type 32768"), (module.Objects["k"], module.Objects["v"]));
    }

    [Fact]
    public void ListsThatReferToEachOtherCannotGrow()
    {
        // 10,000 modules that all name the one dictionary of 10,000 entries: 100 million annotations in 200 KB.
        const uint count = 10_000;
        uint textAt = Body + 64;
        uint dictionaryAt = textAt + 6;
        uint infoAt = dictionaryAt + 4 + (count * 8);
        uint linksAt = infoAt + 28;
        byte[] bytes = Of(MinidumpStreamType.CrashpadInfo,
        [
            .. U32(1), .. new byte[32], .. U32(0, 0, 4 + (count * 12), linksAt, 0, 0, 0),
            .. Utf8("k"),
            .. U32(count), .. Enumerable.Range(0, (int)count).SelectMany(_ => U32(textAt, textAt)),
            .. U32(1, 0, 0, 4 + (count * 8), dictionaryAt, 0, 0),
            .. U32(count), .. Enumerable.Range(0, (int)count).SelectMany(i => U32((uint)i, 28, infoAt)),
        ]);
        long before = GC.GetAllocatedBytesForCurrentThread();
        MinidumpFile dump = MinidumpFile.Read(bytes);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 * 1024 * 1024);
        Assert.NotEmpty(dump.Streams[0].Problems);
    }

    [Fact]
    public void NamesThatShareTheirBytesCannotGrow()
    {
        // Each of 60,000 names begins two bytes further in one text of 3 MB: 180 GB, were all of them made.
        const uint count = 60_000;
        uint textAt = Body + 4 + (count * 12);
        byte[] names = [.. Enumerable.Range(0, (int)count).SelectMany(i => U32((uint)i, textAt + (4 * (uint)i), 0))];
        byte[] text = [.. Enumerable.Repeat(U32(3_000_000), 800_000).SelectMany(value => value)];
        long before = GC.GetAllocatedBytesForCurrentThread();
        MinidumpFile dump = MinidumpFile.Read(Of(MinidumpStreamType.ThreadNames, [.. U32(count), .. names, .. text]));
        Assert.Contains("can honestly have", dump.Streams[0].Problems[^2]);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 256 * 1024 * 1024);
    }

    [Theory]
    [InlineData("{}", "no JSON array")]
    [InlineData("[1,", "no JSON: line 1")]
    [InlineData("[\"a\"] x", "no JSON: line 1")]
    public void SoftErrorsThatAreNone(string json, string expected)
        => Assert.Contains(expected, Problem(Of(MinidumpStreamType.MozSoftErrors, Encoding.UTF8.GetBytes(json))));

    [Fact]
    public void SoftErrorsNestedWithoutEnd()
        => Assert.Contains("no JSON", Problem(Of(MinidumpStreamType.MozSoftErrors, Enumerable.Repeat((byte)'[', 100_000).ToArray())));

    [Fact]
    public void SoftErrorsOfOthers()
    {
        byte[] json = [.. "[\"Text\",{\"A\":[1]},{\"B\":{\"subject\":\"s\",\"reason\":\"\\ud800\"}},7,\""u8, 0xFF, .. "\"]"u8];
        MinidumpFile dump = MinidumpFile.Read(Of(MinidumpStreamType.MozSoftErrors, json));
        Assert.Equal(["Text", "{\"A\":[1]}", "{\"B\":{\"subject\":\"s\",\"reason\":\"\\ud800\"}}", "7", "\uFFFD"], dump.SoftErrors.Select(error => error.Text));
        using MemoryStream stream = new();
        MinidumpJson.Write(stream, dump);
        stream.Position = 0;
        using JsonDocument document = JsonDocument.Parse(stream);
        Assert.Equal(
            [JsonValueKind.String, JsonValueKind.Object, JsonValueKind.String, JsonValueKind.Number, JsonValueKind.String],
            document.RootElement.GetProperty("softErrors").EnumerateArray().Select(element => element.ValueKind));
    }

    [Fact]
    public void FilesByPath()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("crash-handler-minidump-");
        try
        {
            string path = Path.Combine(folder.FullName, "a.dmp");
            File.WriteAllBytes(path, SampleSnapshot.Dump(SampleSnapshot.Create()));
            Assert.Equal(3, MinidumpFile.Read(path).Threads.Count);
            Assert.Contains("above the limit of 100", Assert.Throws<MinidumpFormatException>(() => MinidumpFile.Read(path, maxBytes: 100)).Message);
            Assert.Contains("a directory", Assert.Throws<MinidumpFormatException>(() => MinidumpFile.Read(folder.FullName)).Message);
            Assert.Throws<FileNotFoundException>(() => MinidumpFile.Read(path + "x"));
            File.WriteAllBytes(path, []);
            Assert.Equal("the file is empty", Assert.Throws<MinidumpFormatException>(() => MinidumpFile.Read(path)).Message);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static void Fails(byte[] bytes, string message) => Assert.Equal(message, Assert.Throws<MinidumpFormatException>(() => MinidumpFile.Read(bytes)).Message);

    private static string Problem(byte[] bytes) => Assert.Single(MinidumpFile.Read(bytes).Streams[0].Problems);
}
