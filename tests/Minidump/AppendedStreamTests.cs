using CrashHandler.Handler.Minidump;
using CrashHandler.Handler.Minidump.Format;
using CrashHandler.Tests.Tools;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace CrashHandler.Tests.Minidump;

/// <summary>A stream that comes after the dump: at each moment there is a dump that every reader takes, with it or without it.</summary>
public sealed class AppendedStreamTests : IDisposable
{
    private const MinidumpStreamType Stacks = MinidumpStreamType.CrashHandlerStacks;

    private static readonly byte[] s_document = [.. """{"version":1,"source":"Walk","threads":[]}"""u8];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("crash-handler-appended-");

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>The id is in dumps that were sent: it stays.</summary>
    [Fact]
    public void ItsTypeIsTheDocumentedOne() => Assert.Equal(0x43480001u, (uint)Stacks);

    [Fact]
    public void ItIsOneMoreStreamAndAllElseIsAsItWas()
    {
        byte[] before = SampleSnapshot.Dump(SampleSnapshot.CreateFull());
        string path = Write(before);

        long length = Append(path, s_document);

        byte[] after = File.ReadAllBytes(path);
        Assert.Equal(after.Length, length);
        MinidumpFile dump = MinidumpFile.Read(after);
        DumpStream added = dump.Streams[^1];
        Assert.Equal((Stacks, (uint)s_document.Length, 0u), (added.Type, added.Size, added.Offset % MinidumpLayout.BlockAlignment));
        Assert.Equal(s_document, after[(int)added.Offset..]);
        Assert.Equal(MinidumpFile.Read(before).Streams.Select(stream => (stream.Type, stream.Size, stream.Offset)), dump.Streams.SkipLast(1).Select(stream => (stream.Type, stream.Size, stream.Offset)));
        Assert.All(dump.Streams, stream => Assert.Empty(stream.Problems));
    }

    [Fact]
    public void WhoeverIsKilledMeanwhileLeavesTheDumpAsItWas()
    {
        byte[] before = SampleSnapshot.Dump(SampleSnapshot.CreateFull());
        string path = Write(before);
        List<byte[]> left = [];

        Append(path, s_document, () => left.Add(File.ReadAllBytes(path)));

        Assert.Equal(2, left.Count);
        foreach (byte[] half in left)
        {
            MinidumpFile dump = MinidumpFile.Read(half);
            Assert.Equal(MinidumpFile.Read(before).Streams.Select(stream => stream.Name), dump.Streams.Select(stream => stream.Name));
            Assert.All(dump.Streams, stream => Assert.Empty(stream.Problems));
        }
    }

    [Fact]
    public void ADumpWithoutRoomStaysAsItIs()
    {
        string path = Write(SampleSnapshot.Dump(SampleSnapshot.Create()));
        int streams = MinidumpFile.Read(path).Streams.Count;
        for (; streams < MinidumpLimits.MaxStreamsWritten; streams++)
        {
            Append(path, s_document);
        }

        byte[] full = File.ReadAllBytes(path);

        Assert.Throws<InvalidDataException>(() => Append(path, s_document));
        Assert.Equal(full, File.ReadAllBytes(path));
        Assert.Throws<InvalidDataException>(() => Append(Write([]), s_document));
        Assert.Throws<InvalidDataException>(() => Append(Write(new byte[64]), s_document));
    }

    /// <summary>Breakpad's readers and LLDB say of the dump what they said before.</summary>
    [Fact]
    public void IndependentReadersTakeItBothWays()
    {
        string without = Write(SampleSnapshot.Dump(SampleSnapshot.CreateFull()));
        string with = Write(File.ReadAllBytes(without));
        Append(with, [.. Enumerable.Repeat(s_document, 2_000).SelectMany(bytes => bytes)]);

        ToolResult[] walks = [BreakpadTools.Stackwalk(without), BreakpadTools.Stackwalk(with)];
        Assert.All(walks, walk => Assert.Equal(0, walk.ExitCode));
        Assert.Equal(walks[0].Output, walks[1].Output);
        ToolResult listed = BreakpadTools.Dump(with);
        Assert.Contains("0x43480001", listed.Output, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(Lines(BreakpadTools.Dump(without).Error), Lines(listed.Error));
        ToolResult lldb = Lldb.Read(with);
        Assert.DoesNotContain("error:", lldb.Error + lldb.Output, StringComparison.Ordinal);

        // Without the time that each line begins with, and the file's name.
        static IEnumerable<string> Lines(string log) => log.Split('\n').Where(line => line.Contains("ERROR", StringComparison.Ordinal)).Select(line => line[line.IndexOf("ERROR", StringComparison.Ordinal)..]);
    }

    private static long Append(string path, byte[] bytes, Action? passed = null)
    {
        using SafeFileHandle dump = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        return AppendedStream.Append(dump, Stacks, bytes, passed);
    }

    private string Write(byte[] bytes)
    {
        string path = Path.Combine(_folder.FullName, $"{Guid.NewGuid()}.dmp");
        File.WriteAllBytes(path, bytes);
        return path;
    }
}
