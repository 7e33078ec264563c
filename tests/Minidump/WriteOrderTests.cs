using CrashHandler.Handler.Capture;
using CrashHandler.Handler.Minidump;
using Xunit;

namespace CrashHandler.Tests.Minidump;

/// <summary>How a dump gets into its file: in few large writes, from beginning to end, the signature last.</summary>
public sealed class WriteOrderTests
{
    [Fact]
    public void TheSignatureIsLast()
    {
        WriteLog log = new();
        MinidumpWriter.Write(log, SampleSnapshot.Create(), SampleSnapshot.Annotations);
        Assert.Equal(0L, log.Writes[^1].Position);
        Assert.Equal("MDMP"u8.ToArray(), log.Writes[^1].Bytes);
        Assert.Equal(new byte[4], log.Writes[0].Bytes[..4]);
        Assert.All(log.Writes.Skip(1).SkipLast(1), write => Assert.NotEqual(0L, write.Position));
        Assert.Equal(log.Length, log.Position);
    }

    [Fact]
    public void NothingIsWrittenTwiceAndEverythingInOrder()
    {
        WriteLog log = new();
        MinidumpWriter.Write(log, Large(), SampleSnapshot.Annotations);
        long expected = 0;
        foreach ((long position, byte[] bytes) in log.Writes.SkipLast(1))
        {
            Assert.Equal(expected, position);
            expected += bytes.Length;
        }

        Assert.Equal(log.Length, expected);
    }

    [Fact]
    public void ManyThreadsAreFewWrites()
    {
        WriteLog log = new();
        MinidumpWriter.Write(log, Large(), SampleSnapshot.Annotations);
        Assert.InRange(log.Length, 512 * 16 * 1024, long.MaxValue);
        Assert.InRange(log.Writes.Count, 2, (log.Length / (32 * 1024)) + 4);
    }

    [Fact]
    public void ADumpCanBeginAnywhere()
    {
        using MemoryStream stream = new();
        stream.Write([1, 2, 3]);
        MinidumpWriter.Write(stream, SampleSnapshot.Create(), SampleSnapshot.Annotations);
        Assert.Equal(3, MinidumpFile.Read(stream.ToArray().AsMemory(3)).Threads.Count);
    }

    private static ProcessSnapshot Large() => SampleSnapshot.Create() with
    {
        Threads = [.. Enumerable.Range(0, 512).Select(i => SampleSnapshot.Thread(i) with { Stack = new MemorySnapshot(0x7000_0000_0000 + ((ulong)i * 0x10000), new byte[16 * 1024]) })],
    };

    /// <summary>A memory stream that remembers every write; writes of spans come here too, since a derived type's do.</summary>
    private sealed class WriteLog : MemoryStream
    {
        public List<(long Position, byte[] Bytes)> Writes { get; } = [];

        public override void Write(byte[] buffer, int offset, int count)
        {
            Writes.Add((Position, buffer[offset..(offset + count)]));
            base.Write(buffer, offset, count);
        }
    }
}
