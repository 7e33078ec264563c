using System.Runtime.InteropServices;
using System.Text;
using CrashHandler.Handler.Capture;
using CrashHandler.Handler.Capture.Linux;
using CrashHandler.Handler.Stacks;
using Xunit;

namespace CrashHandler.Tests.Capture;

public class IndirectMemoryTests
{
    private const ulong Heap = 0x555500010000, HeapEnd = 0x555500090000, Text = 0x555500000000, Device = 0x7f0000000000, Stack = 0x7ffc00000000, Environment = 0x7ffc00020100;

    private static readonly MemoryMap s_map = MemoryMap.Parse(Encoding.UTF8.GetBytes(
        "555500000000-555500010000 r-xp 00000000 08:01 1 /bin/x\n"
        + "555500010000-555500090000 rw-p 00000000 00:00 0 [heap]\n"
        + "7f0000000000-7f0000010000 rw-s 00000000 00:06 9 /dev/dri/card0\n"
        + "7ffc00000000-7ffc00021000 rw-p 00000000 00:00 0 [stack]\n"));

    [Fact]
    public void WhatARegisterPointsAtIsTakenWithItsSurroundings()
    {
        StackRange range = Assert.Single(Choose(new Amd64Registers { Rdi = Heap + 0x1234 }));

        Assert.True(range.Start <= Heap + 0x1234 - CaptureLimits.IndirectBytesBefore && range.End >= Heap + 0x1234 + CaptureLimits.IndirectBytesBehind, $"{range}");
        Assert.InRange(range.Length, 1u, 4 * CaptureLimits.IndirectBlockBytes);
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(Text + 8)]
    [InlineData(Device + 8)]
    [InlineData(Stack + 8)]
    [InlineData(Environment + 8)]
    [InlineData(0x123456789abcUL)]
    [InlineData(ulong.MaxValue)]
    public void NumbersCodeDevicesAndTheStackItselfAreNot(ulong value)
        => Assert.Empty(Choose(new Amd64Registers { Rax = value }, value, value));

    [Fact]
    public void TheSamePlaceIsTakenOnceAndNeighboursAreJoined()
        => Assert.Equal([new StackRange(Heap, Heap + (2 * CaptureLimits.IndirectBlockBytes))], Choose(new Amd64Registers { Rax = Heap, Rbx = Heap + 8 }, Heap + 0x200, Heap + 16));

    [Fact]
    public void NothingReachesBeyondItsMapping()
        => Assert.Equal([new StackRange(HeapEnd - CaptureLimits.IndirectBlockBytes, HeapEnd)], Choose(new Amd64Registers { Rax = HeapEnd - 1 }));

    [Fact]
    public void ThereIsALimitAndTheInnermostFramesComeFirst()
    {
        ulong[] words = [.. Enumerable.Range(0, 2_000).Select(i => HeapEnd - 1 - ((ulong)i % 1_024 * CaptureLimits.IndirectBlockBytes)), .. Enumerable.Range(0, 600).Select(i => Heap + ((ulong)i * 512))];

        List<StackRange> ranges = IndirectMemory.Choose(s_map, new Amd64Registers(), StackOf(words), 0, out bool isWhole);

        Assert.True(isWhole);
        Assert.Equal(Heap, ranges[0].Start);
        Assert.Equal(CaptureLimits.MaxIndirectBlocks, ranges.Sum(range => (int)(range.Length / CaptureLimits.IndirectBlockBytes)));
    }

    [Fact]
    public void WhatHadNoRoomIsSaid()
    {
        MemoryMap large = MemoryMap.Parse(Encoding.UTF8.GetBytes("555500010000-555600010000 rw-p 00000000 00:00 0 [heap]\n"));
        ulong[] words = [.. Enumerable.Range(0, 4_000).Select(i => Heap + ((ulong)i * 4_096))];

        List<StackRange> ranges = IndirectMemory.Choose(large, new Amd64Registers(), StackOf(words), 0, out bool isWhole);

        Assert.False(isWhole);
        Assert.Equal(CaptureLimits.MaxIndirectBlocks, ranges.Sum(range => (int)(range.Length / CaptureLimits.IndirectBlockBytes)));
    }

    private static List<StackRange> Choose(Amd64Registers registers, params ulong[] words) => IndirectMemory.Choose(s_map, registers, StackOf(words), Environment, out _);

    private static MemorySnapshot? StackOf(ulong[] words) => words.Length == 0 ? null : new MemorySnapshot(Stack, MemoryMarshal.AsBytes(words.AsSpan()).ToArray());
}
