using CrashHandler.Handler.Capture;
using CrashHandler.Handler.Minidump;
using CrashHandler.Handler.Minidump.Format;
using Xunit;

namespace CrashHandler.Tests.Minidump;

/// <summary>What passes a limit is left out or cut, says so in the soft errors, and costs nothing else.</summary>
public sealed class WriterLimitsTests
{
    [Fact]
    public void Threads()
    {
        MinidumpFile dump = Written(SampleSnapshot.Create(5_000));
        Assert.Equal(MinidumpLimits.MaxThreads, dump.Threads.Count);
        Assert.Contains("ThreadList 904 threads: limit of 4096 threads", SoftErrors(dump));
    }

    [Fact]
    public void TheCrashedThreadIsKeptWhereverItStands()
    {
        ProcessSnapshot snapshot = SampleSnapshot.Create(5_000);
        MinidumpFile dump = Written(snapshot with { Threads = [.. snapshot.Threads.Reverse()] });
        Assert.Equal(MinidumpLimits.MaxThreads, dump.Threads.Count);
        Assert.NotNull(dump.CrashedThread);
        Assert.NotEqual(0ul, dump.CrashedThread.Stack.Size);
    }

    [Fact]
    public void AThreadCapturedTwiceIsWrittenOnce()
    {
        ProcessSnapshot snapshot = SampleSnapshot.Create();
        MinidumpFile dump = Written(snapshot with { Threads = [.. snapshot.Threads, snapshot.Threads[1]] });
        Assert.Equal(3, dump.Threads.Count);
        Assert.Contains("ThreadList tid 72: captured twice; the second one is left out", SoftErrors(dump));
    }

    [Fact]
    public void Modules()
    {
        MinidumpFile dump = Written(SampleSnapshot.Create() with
        {
            Modules = [.. Enumerable.Range(0, 3_000).Select(i => SampleSnapshot.Module($"/lib/{i}", 0x1000_0000 + ((ulong)i * 0x1000), 0x1000))],
        });
        Assert.Equal(MinidumpLimits.MaxModules, dump.Modules.Count);
        Assert.Equal("/lib/0", dump.Modules[0].Path);
        Assert.Contains("ModuleList 952 modules: limit of 2048 modules", SoftErrors(dump));
    }

    [Fact]
    public void ModulesThatReadersRejectAreLeftOut()
    {
        MinidumpFile dump = Written(SampleSnapshot.Create() with
        {
            Modules =
            [
                SampleSnapshot.Module("/main", 0x5000, 0x2000),
                SampleSnapshot.Module("/empty", 0x1000, 0),
                SampleSnapshot.Module("/overlaps-end", 0x6FFF, 0x1000),
                SampleSnapshot.Module("/overlaps-start", 0x4000, 0x1001),
                SampleSnapshot.Module("/inside", 0x5800, 0x10),
                SampleSnapshot.Module("/around", 0x1000, 0x9000),
                SampleSnapshot.Module("/same", 0x5000, 0x2000),
                SampleSnapshot.Module("/wraps", ulong.MaxValue - 10, 0x1000),
                SampleSnapshot.Module("/before", 0x4000, 0x1000),
                SampleSnapshot.Module("/behind", 0x7000, 0x1000),
                SampleSnapshot.Module("/huge", 0x1_0000_0000, 0x1_0000_1000),
            ],
        });
        Assert.Equal(["/main", "/before", "/behind", "/huge"], dump.Modules.Select(module => module.Path));
        Assert.Equal(uint.MaxValue, dump.Modules[3].Size);
        Assert.Equal(7, SoftErrors(dump).Count(error => error.StartsWith("ModuleList ", StringComparison.Ordinal)));
        Assert.Contains("ModuleList inside at 5800: overlaps another module", SoftErrors(dump));
    }

    [Fact]
    public void RegionsKeepTheStacksAndTheFaultingCode()
    {
        ProcessSnapshot snapshot = SampleSnapshot.Create();
        MemorySnapshot[] pieces = [.. Enumerable.Range(0, 5_000).Select(i => new MemorySnapshot(0x1_0000 + ((ulong)i * 0x100), new byte[] { 1, 2, 3 }))];
        MinidumpFile dump = Written(snapshot with { Memory = [.. pieces, .. snapshot.Memory] });
        Assert.Equal(MinidumpLimits.MaxRegions, dump.Memory.Count);
        Assert.All(dump.Threads, thread => Assert.Contains(thread.Stack, dump.Memory));
        Assert.Contains(dump.Memory, range => range.Address == SampleSnapshot.CodeAddress - 128);
        Assert.Contains("MemoryList 908 ranges: limit of 4096 ranges", SoftErrors(dump));
        CheckMemory(dump);
    }

    [Fact]
    public void OverlapsAreJoinedAndEveryByteIsRight()
    {
        static byte[] At(ulong address, int length) => [.. Enumerable.Range(0, length).Select(i => (byte)((address + (ulong)i) * 31 >> 3))];
        static MemorySnapshot Piece(ulong address, int length) => new(address, At(address, length));
        ProcessSnapshot snapshot = SampleSnapshot.Create() with
        {
            Threads =
            [
                SampleSnapshot.Thread(0) with { Stack = Piece(0x1000, 0x500) },
                SampleSnapshot.Thread(1) with { Stack = Piece(0x1400, 0x400) },
                SampleSnapshot.Thread(2) with { Stack = Piece(0x1100, 0x100) },
                SampleSnapshot.Thread(3) with { Stack = Piece(0x1800, 0x100) },
            ],
            Memory = [Piece(0x1000, 0x10), Piece(0x17FF, 2), new MemorySnapshot(0x9000, default), Piece(0xFF0, 0x20), new MemorySnapshot(ulong.MaxValue - 1, new byte[] { 1, 2, 3 })],
        };
        byte[] bytes = SampleSnapshot.Dump(snapshot);
        MinidumpFile dump = MinidumpFile.Read(bytes);
        CheckMemory(dump);
        DumpMemoryRange all = Assert.Single(dump.Memory);
        Assert.Equal((0xFF0ul, 0x910ul), (all.Address, all.Size));
        Assert.Equal(At(0xFF0, 0x910), bytes.AsSpan((int)all.Offset, (int)all.Size).ToArray());
        foreach ((DumpThread read, ThreadSnapshot thread) in dump.Threads.Zip(snapshot.Threads))
        {
            Assert.Equal(thread.Stack!.Address, read.Stack.Address);
            Assert.Equal(thread.Stack.Bytes, bytes.AsSpan((int)read.Stack.Offset, (int)read.Stack.Size).ToArray());
        }

        Assert.Contains("MemoryList fffffffffffffffe: 3 bytes would pass the end of the address space", SoftErrors(dump));
    }

    [Fact]
    public void NeighboursAreJoinedUnlessThatWouldBeMoreThanReadersHold()
    {
        List<SoftError> cuts = [];
        byte[] large = new byte[MinidumpLimits.MaxRegionBytes];

        MemoryPlan plan = MemoryPlan.Of([new(0x3000, new byte[16]), new(0x2000, new byte[0x1000]), new(0x1_0000, large), new(0x1_0000 + (ulong)large.Length, new byte[16])], uint.MaxValue, cuts);

        Assert.Equal([(0x2000ul, 0x1010), (0x1_0000ul, large.Length), (0x1_0000ul + (ulong)large.Length, 16)], plan.Regions.Select(region => (region.Address, region.Size)));
        Assert.Empty(cuts);
    }

    [Fact]
    public void AStackThatReadersCannotHoldIsCut()
    {
        ProcessSnapshot snapshot = SampleSnapshot.Create(1);
        MinidumpFile dump = Written(snapshot with
        {
            Threads = [snapshot.Threads[0] with { Stack = new MemorySnapshot(0x7000_0000, new byte[MinidumpLimits.MaxRegionBytes + 5]) }],
        });
        Assert.Equal((ulong)MinidumpLimits.MaxRegionBytes, dump.Threads[0].Stack.Size);
        Assert.Contains("MemoryList 70000000: 5 bytes above the limit of 67108864 bytes of a range", SoftErrors(dump));
    }

    [Fact]
    public void WithoutRoomTheFirstPiecesStay()
    {
        List<SoftError> cuts = [];
        MemoryPlan plan = MemoryPlan.Of([new(0x3000, new byte[100]), new(0x1000, new byte[100]), new(0x2000, new byte[10])], 150, cuts);
        Assert.Equal([0x2000ul, 0x3000ul], plan.Regions.Select(region => region.Address));
        Assert.Equal(new SoftError("MemoryList", "1 ranges", "limit of 4294967295 bytes of a file"), Assert.Single(cuts));
    }

    [Fact]
    public void AnnotationsAreCutBetweenCharacters()
    {
        string ascii = new('a', 1_500);
        MinidumpFile dump = Annotated(new()
        {
            ["fits"] = new string('a', 1_023),
            ["ascii"] = ascii,
            ["two"] = "a" + new string('ä', 600),
            ["four"] = string.Concat(Enumerable.Repeat("🦖", 300)),
            ["half"] = "a\uD83E",
            [ascii] = "",
        });
        IReadOnlyDictionary<string, string> read = dump.Crashpad!.Annotations;
        Assert.Equal(1_023, read["fits"].Length);
        Assert.Equal(ascii[..1_023], read["ascii"]);
        Assert.Equal("a" + new string('ä', 511), read["two"]);
        Assert.Equal(string.Concat(Enumerable.Repeat("🦖", 255)), read["four"]);
        Assert.Equal("a\uFFFD", read["half"]);
        Assert.Equal("", read[ascii[..1_023]]);
        Assert.Contains("CrashpadInfo ascii: 477 bytes above the limit of 1023 bytes of a text", SoftErrors(dump));
        Assert.Contains("CrashpadInfo four: 180 bytes above the limit of 1023 bytes of a text", SoftErrors(dump));
        Assert.Equal(1 + 4, SoftErrors(dump).Count);
    }

    [Fact]
    public void AnnotationsAreCounted()
    {
        MinidumpFile dump = Annotated(Enumerable.Range(0, 5_000).ToDictionary(i => $"{i:D5}", i => "v"));
        Assert.Equal(MinidumpLimits.MaxAnnotations, dump.Crashpad!.Annotations.Count);
        Assert.Contains("CrashpadInfo 904 annotations: limit of 4096 annotations", SoftErrors(dump));
    }

    [Fact]
    public void NamesAreCutBetweenSurrogatesAndNeverHoldAHalf()
    {
        string dinosaurs = string.Concat(Enumerable.Repeat("🦖", 600));
        ProcessSnapshot snapshot = SampleSnapshot.Create();
        MinidumpFile dump = Written(snapshot with
        {
            Threads =
            [
                snapshot.Threads[0] with { Name = "a" + dinosaurs },
                snapshot.Threads[1] with { Name = "half \uD83E of one" },
                snapshot.Threads[2] with { Name = dinosaurs },
            ],
            Modules = [SampleSnapshot.Module("/" + dinosaurs + "b", 0x1000, 0x1000), SampleSnapshot.Module("/\uDD96/x", 0x2000, 0x1000)],
        });
        Assert.Equal("a" + dinosaurs[..1_022], dump.Threads[0].Name);
        Assert.Equal("half \uFFFD of one", dump.Threads[1].Name);
        Assert.Equal(dinosaurs[..1_024], dump.Threads[2].Name);
        Assert.Equal(dinosaurs[..1_022] + "b", dump.Modules[0].Path);
        Assert.Equal("/\uFFFD/x", dump.Modules[1].Path);
        Assert.Contains("ModuleList module 1000: path cut at its beginning to 1024 UTF-16 units", SoftErrors(dump));
    }

    [Fact]
    public void SoftErrorsAreCounted()
    {
        MinidumpFile dump = Written(SampleSnapshot.Create() with
        {
            SoftErrors = [.. Enumerable.Range(0, 1_500).Select(i => new SoftError("Step", $"{i}", new string('\u0001', 10_000)))],
        });
        Assert.Equal(MinidumpLimits.MaxSoftErrors + 1, dump.SoftErrors.Count);
        Assert.Equal("SoftErrors 500 more: limit of 1000 soft errors", dump.SoftErrors[^1].Text);
        Assert.True(dump.Streams.Single(stream => stream.Type == MinidumpStreamType.MozSoftErrors).Size < MinidumpLimits.MaxSoftErrorBytes);
    }

    [Fact]
    public void RawStreamsAreCut()
    {
        MinidumpFile dump = Written(SampleSnapshot.Create() with
        {
            ProcFiles = new Dictionary<ProcFile, byte[]> { [ProcFile.Maps] = new byte[MinidumpLimits.MaxRawStreamBytes + 7], [ProcFile.Status] = [] },
        });
        Assert.Equal((uint)MinidumpLimits.MaxRawStreamBytes, dump.Streams.Single(stream => stream.Type == MinidumpStreamType.LinuxMaps).Size);
        Assert.DoesNotContain(dump.Streams, stream => stream.Type == MinidumpStreamType.LinuxProcStatus);
        Assert.Contains("LinuxMaps Maps: 7 bytes above the limit of 67108864 bytes of a stream", SoftErrors(dump));
    }

    [Fact]
    public void ABuildIdTooLongIsLeftOut()
    {
        MinidumpFile dump = Written(SampleSnapshot.Create() with { Modules = [SampleSnapshot.Module("/main", 0x1000, 0x1000, new byte[40_000])] });
        Assert.Equal("", dump.Modules[0].CodeId);
        Assert.Contains("ModuleList module 1000: a build id of 40000 bytes is left out", SoftErrors(dump));
    }

    /// <summary>What Breakpad demands of a memory list.</summary>
    private static void CheckMemory(MinidumpFile dump)
    {
        ulong end = 0;
        foreach (DumpMemoryRange range in dump.Memory)
        {
            Assert.True(range.Size > 0 && range.Address >= end, $"range {range.Address:x} is empty or begins before {end:x}");
            end = range.Address + range.Size;
        }
    }

    private static MinidumpFile Written(ProcessSnapshot snapshot)
    {
        MinidumpFile dump = MinidumpFile.Read(SampleSnapshot.Dump(snapshot));
        Assert.All(dump.Streams, stream => Assert.Empty(stream.Problems));
        return dump;
    }

    private static MinidumpFile Annotated(Dictionary<string, string> annotations)
        => MinidumpFile.Read(SampleSnapshot.Dump(SampleSnapshot.Create(), SampleSnapshot.Annotations with { Simple = annotations }));

    private static List<string> SoftErrors(MinidumpFile dump) => [.. dump.SoftErrors.Select(error => error.Text)];
}
