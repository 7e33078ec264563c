using System.Buffers.Binary;
using CrashHandler.Handler.Capture;
using CrashHandler.Handler.Minidump;
using CrashHandler.Handler.Minidump.Format;
using CrashHandler.Tests.Tools;
using Microsoft.Win32.SafeHandles;
using Xunit;
using static CrashHandler.Tests.Minidump.RawDump;

namespace CrashHandler.Tests.Minidump;

/// <summary>What the system wrote, as a report's dump.</summary>
public sealed class CompletedDumpTests : IDisposable
{
    private static readonly SoftError s_softError = new("ThreadRegisters", "tid 7", "the EXCEPTION_POINTERS cannot be read");

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("crash-handler-completed-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void IsWhatItWasWithOurStreams()
    {
        byte[] written = WindowsSample.Bytes();
        MinidumpFile dump = MinidumpFile.Read(Complete(written));
        MinidumpFile before = MinidumpFile.Read(written);
        Assert.Equal((SampleSnapshot.ReportId, SampleSnapshot.ClientId), (dump.Crashpad!.ReportId, dump.Crashpad.ClientId));
        Assert.Equal(SampleSnapshot.Annotations.Simple, dump.Crashpad.Annotations);
        Assert.Equal("ThreadRegisters tid 7: the EXCEPTION_POINTERS cannot be read", dump.SoftErrors[0].Text);
        Assert.Equal((before.Exception!.ThreadId, before.Exception.Reason, before.Exception.Context!.Value.Rip), (dump.Exception!.ThreadId, dump.Exception.Reason, dump.Exception.Context!.Value.Rip));
        Assert.Equal(before.Threads.Select(thread => (thread.Id, thread.Stack)), dump.Threads.Select(thread => (thread.Id, thread.Stack)));
        Assert.Equal(before.Modules, dump.Modules);
        Assert.Equal(before.Time, dump.Time);
        Assert.All(dump.Streams, stream => Assert.Empty(stream.Problems));
    }

    [Fact]
    public void TheStacksComeIntoTheUnusedEntry()
    {
        byte[] document = [.. """{"version":1,"source":"Client","threads":[]}"""u8];
        string path = Save(Complete(WindowsSample.Bytes()));
        int before = MinidumpFile.Read(path).Streams.Count;
        using (SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
        {
            List<int> whole = [];
            AppendedStream.Append(file, MinidumpStreamType.CrashHandlerStacks, document, () => whole.Add(MinidumpFile.Read(path).Streams.Count));
            Assert.Equal([before], whole);
            Assert.Throws<InvalidDataException>(() => AppendedStream.Append(file, MinidumpStreamType.CommentA, document));
        }

        byte[] after = File.ReadAllBytes(path);
        MinidumpFile dump = MinidumpFile.Read(after);
        Assert.Equal(before + 1, dump.Streams.Count);
        Assert.Equal(document, after[(int)dump.Streams[^1].Offset..]);
        Assert.Empty(Errors(BreakpadTools.Stackwalk(path)));
    }

    /// <summary>As Wine wrote it, Breakpad drops the list of memory.</summary>
    [Fact]
    public void BreakpadReadsAllOfIt()
    {
        Assert.NotEmpty(Errors(BreakpadTools.Stackwalk(Save(WindowsSample.Bytes()))));

        string path = Save(Complete(WindowsSample.Bytes()));
        ToolResult walk = BreakpadTools.Stackwalk(path);
        Assert.Empty(Errors(walk));
        Assert.Contains("Crash reason:  EXCEPTION_ACCESS_VIOLATION_WRITE\nCrash address: 0x1230\n", walk.Output);
        Assert.Contains("Thread 0 (crashed)\n 0  sample.exe + 0x1353\n", walk.Output);
        Assert.Contains("simple_annotations[\"ver\"] = 1.2.3\n", BreakpadTools.Dump(path).Output);
    }

    /// <summary>dbghelp begins with it.</summary>
    [Fact]
    public void TheSignatureIsWrittenLast()
    {
        using SafeFileHandle scratch = Scratch(WindowsSample.Bytes());
        CompletedDump dump = CompletedDump.LayOut(new WrittenDump(scratch), SampleSnapshot.Annotations, []);
        using FirstBytes stream = new();
        dump.WriteTo(stream);
        Assert.Equal(dump.Length, stream.Length);
        Assert.Equal(dump.Length, stream.Position);
        Assert.All(stream.Seen.SkipLast(1), first => Assert.Equal(0u, first));
        Assert.Equal(MinidumpHeader.ExpectedSignature, stream.Seen[^1]);
    }

    [Fact]
    public void OfTooManyRangesTheStacksAndTheLongestStay()
    {
        const int ranges = MinidumpLimits.MaxRegions + 100;
        byte[] threads = [.. U32(1, 7), .. new byte[20], .. U64(0x9000_0000), .. U32(1, 77), .. new byte[8]];
        byte[] memory = [.. U32(ranges), .. Enumerable.Range(0, ranges - 1).SelectMany(i => (byte[])[.. U64((ulong)i * 0x1000), .. U32((uint)(i == 0 ? 64 : 2), 40)]), .. U64(0x9000_0000), .. U32(1, 77)];
        MinidumpFile dump = MinidumpFile.Read(Complete(Of((MinidumpStreamType.ThreadList, threads), (MinidumpStreamType.MemoryList, memory))));
        Assert.Equal(MinidumpLimits.MaxRegions, dump.Memory.Count);
        Assert.Contains(dump.Memory, range => range is { Address: 0x9000_0000, Size: 1 });
        Assert.Contains(dump.Memory, range => range is { Address: 0, Size: 64 });
        Assert.Contains(dump.SoftErrors, error => error.Text == "MemoryList 100 ranges: limit of 4096 ranges, or inside of others");
    }

    [Fact]
    public void OfOverlappingRangesTheLongerStays()
    {
        byte[] memory = [.. U32(3), .. U64(0x1000), .. U32(8, 40), .. U64(0x1004), .. U32(16, 40), .. U64(0x2000), .. U32(4, 40)];
        MinidumpFile dump = MinidumpFile.Read(Complete(Of(MinidumpStreamType.MemoryList, memory)));
        Assert.Equal([(0x1004ul, 16ul), (0x2000ul, 4ul)], dump.Memory.Select(range => (range.Address, range.Size)));
    }

    [Fact]
    public void AListOfModulesIsAsLongAsItSays()
    {
        byte[] modules = [.. U32(1), .. new byte[MinidumpModule.Size * 3]];
        byte[] completed = Complete(Of(MinidumpStreamType.ModuleList, modules));
        Assert.Equal(4u + MinidumpModule.Size, WindowsSample.Find(completed, MinidumpStreamType.ModuleList).DataSize);
        byte[] aligned = [.. U32(1, 0), .. new byte[MinidumpModule.Size]];
        Assert.Equal(8u + MinidumpModule.Size, WindowsSample.Find(Complete(Of(MinidumpStreamType.ModuleList, aligned)), MinidumpStreamType.ModuleList).DataSize);
    }

    /// <summary>CONTEXT_EXCEPTION_ACTIVE, which Wine sets, is another processor's to Breakpad.</summary>
    [Fact]
    public void TheExceptionsRegistersAreOfX64()
    {
        byte[] written = WindowsSample.Bytes();
        int context = BinaryPrimitives.ReadInt32LittleEndian(written.AsSpan((int)WindowsSample.Find(written, MinidumpStreamType.Exception).Rva + 164));
        BinaryPrimitives.WriteUInt32LittleEndian(written.AsSpan(context + 48), 0x0810001F);
        Assert.Contains("0  sample.exe + 0x1353\n", BreakpadTools.Stackwalk(Save(Complete(written))).Output);
    }

    [Fact]
    public void WhatIsNoDumpIsNone()
    {
        Assert.Throws<InvalidDataException>(() => Complete([]));
        Assert.Throws<InvalidDataException>(() => Complete(new byte[64]));
        Assert.Throws<InvalidDataException>(() => Complete(Of(MinidumpStreamType.MemoryList, U32(9))));
        byte[] cut = WindowsSample.Bytes();
        Assert.Throws<InvalidDataException>(() => Complete(cut[..600]));
    }

    [Fact]
    public void TellsTheVersionOfAModule()
    {
        using SafeFileHandle scratch = Scratch(WindowsSample.Bytes());
        WrittenDump written = new(scratch);
        Assert.Equal("10.0.18362.1350", written.VersionOf("KERNEL32.dll"));
        Assert.Null(written.VersionOf("coreclr.dll"));
        Assert.Null(written.VersionOf("sample.exe"));
    }

    private byte[] Complete(byte[] written)
    {
        using SafeFileHandle scratch = Scratch(written);
        using MemoryStream stream = new();
        CompletedDump.LayOut(new WrittenDump(scratch), SampleSnapshot.Annotations, [s_softError]).WriteTo(stream);
        return stream.ToArray();
    }

    private SafeFileHandle Scratch(byte[] written) => File.OpenHandle(Save(written), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);

    private string Save(byte[] bytes)
    {
        string path = Path.Combine(_folder.FullName, $"{Guid.NewGuid()}.dmp");
        File.WriteAllBytes(path, bytes);
        return path;
    }

    private static IEnumerable<string> Errors(ToolResult result) => result.Error.Split('\n').Where(line => line.Contains("ERROR", StringComparison.Ordinal));

    /// <summary>Notes the first four bytes after each write.</summary>
    private sealed class FirstBytes : MemoryStream
    {
        public List<uint> Seen { get; } = [];

        // Of a derived stream, spans come here, too.
        public override void Write(byte[] buffer, int offset, int count)
        {
            base.Write(buffer, offset, count);
            Seen.Add(BinaryPrimitives.ReadUInt32LittleEndian(GetBuffer()));
        }
    }
}
