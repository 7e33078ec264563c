using System.Runtime.InteropServices;
using CrashHandler.Handler.Capture;
using CrashHandler.Handler.Stacks;
using Xunit;

namespace CrashHandler.Tests.Capture;

public class StackSanitizerTests
{
    private const ulong Stack = 0x7ffc00000000, Text = 0x555500000010, Heap = 0x555500010010, Secret = 0x7265746e75486854;

    [Fact]
    public void PointersAndSmallNumbersStayAndTheRestIsDefaced()
    {
        ulong[] words = [Secret, Text, Heap, Stack + 16, 4_096, 4_097, unchecked((ulong)-22), Secret];

        byte[] clean = Bytes(words);
        StackSanitizer.Stack(clean, Stack, Stack, IsCode);

        Assert.Equal(
            [StackSanitizer.Defaced, Text, StackSanitizer.Defaced, Stack + 16, 4_096, StackSanitizer.Defaced, unchecked((ulong)-22), StackSanitizer.Defaced],
            MemoryMarshal.Cast<byte, ulong>(clean).ToArray());
    }

    [Theory]
    [InlineData(0, 16)]
    [InlineData(3, 16)]
    [InlineData(5, 20)]
    [InlineData(0, 4_000)]
    public void WhatLiesBelowTheStackPointerOrInABrokenWordIsZeroed(int unaligned, int below)
    {
        byte[] clean = [.. Enumerable.Repeat((byte)'s', 100)];

        StackSanitizer.Stack(clean, Stack + (ulong)unaligned, Stack + (ulong)(unaligned + below), IsCode);

        Assert.DoesNotContain((byte)'s', clean);
        Assert.All(clean.Take(below), kept => Assert.Equal(0, kept));
    }

    [Fact]
    public void RegistersAreJudgedLikewiseAndVectorsAreZeroed()
    {
        byte[] fxSave = new byte[512];
        fxSave.AsSpan().Fill(7);
        Amd64Registers clean = StackSanitizer.Registers(
            new Amd64Registers { Rax = Secret, Rbx = Text, Rcx = 3, Rbp = Stack + 8, Rsp = Stack, Rip = Text, R15 = Secret, FsBase = Heap, FxSave = fxSave },
            Stack, Stack + 64, IsCode);

        Assert.Equal(
            (StackSanitizer.Defaced, Text, 3UL, Stack + 8, Stack, Text, StackSanitizer.Defaced, Heap),
            (clean.Rax, clean.Rbx, clean.Rcx, clean.Rbp, clean.Rsp, clean.Rip, clean.R15, clean.FsBase));
        Assert.All(clean.FxSave!.Take(CaptureLimits.FxSaveControlBytes), value => Assert.Equal(7, value));
        Assert.All(clean.FxSave!.Skip(CaptureLimits.FxSaveControlBytes), value => Assert.Equal(0, value));
        Assert.Equal(7, fxSave[^1]);
    }

    [Fact]
    public void WithoutMappingsOnlyTheStackIsKnown()
    {
        byte[] clean = Bytes([Text, Stack + 8]);

        StackSanitizer.Stack(clean, Stack, Stack, _ => false);

        Assert.Equal([StackSanitizer.Defaced, Stack + 8], MemoryMarshal.Cast<byte, ulong>(clean).ToArray());
    }

    private static bool IsCode(ulong address) => address is >= 0x555500000000 and < 0x555500010000;

    private static byte[] Bytes(ulong[] words) => MemoryMarshal.AsBytes(words.AsSpan()).ToArray();
}
