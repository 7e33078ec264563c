using System.Buffers.Binary;
using System.Runtime.InteropServices;
using CrashHandler.Handler.Capture;
using CrashHandler.Handler.Minidump;
using CrashHandler.Handler.Minidump.Format;
using CrashHandler.Handler.Stacks;
using CrashHandler.Tests.Tools;
using Microsoft.Win32.SafeHandles;
using Xunit;
using static CrashHandler.Tests.Minidump.RawDump;

namespace CrashHandler.Tests.Minidump;

/// <summary>What the system wrote, without what may be a secret.</summary>
public sealed class DumpSanitizerTests : IDisposable
{
    private const ulong Secret = 0x7265746e75486854, Stack = 0x9000_0000, Code = 0x40_0000, Heap = 0x7000_0000;
    private const uint Streams = 4, Blob = 32 + (Streams * 12), StackBytes = 40, CodeBytes = 16, HeapBytes = 24, CodeAt = Blob + StackBytes, HeapAt = CodeAt + CodeBytes, ContextAt = HeapAt + HeapBytes;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("crash-handler-sanitizer-");

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>Also behind the context, where the system keeps the wider vector registers.</summary>
    [Theory]
    [InlineData(0, false)]
    [InlineData(512, false)]
    [InlineData(0, true)]
    public void OnlyPointersIntoStackAndCodeAndSmallNumbersStay(int behind, bool isAligned)
    {
        byte[] written = MadeUp(behind, isAligned);
        Assert.NotEqual(0, Count(written, Secret));

        byte[] clean = Sanitized(written, IsCode);

        Assert.Equal(0, Count(clean, Secret));
        MinidumpFile dump = MinidumpFile.Read(clean);
        Assert.All(dump.Streams, stream => Assert.Empty(stream.Problems));
        Assert.Equal([(Stack, (ulong)StackBytes), (Code, CodeBytes)], dump.Memory.Select(range => (range.Address, range.Size)));
        // The first word lies below the stack pointer.
        Assert.Equal([0, Code + 8, StackSanitizer.Defaced, Stack + 16, 7], Words(clean, Blob, StackBytes));
        Assert.Equal(Words(written, CodeAt, CodeBytes), Words(clean, CodeAt, CodeBytes));
        Amd64Context registers = dump.Threads[0].Context!.Value, atFault = dump.Exception!.Context!.Value;
        Assert.Equal((StackSanitizer.Defaced, Code, Stack + 8, StackSanitizer.Defaced, 3ul), (registers.Rax, registers.Rip, registers.Rsp, registers.Rbx, registers.Rcx));
        Assert.Equal(registers.Rax, atFault.Rax);
        Assert.Equal(0x1F80u, registers.MxCsr);
    }

    /// <summary>As Wine wrote it: Breakpad finds the same place, and of memory only the stacks and code are left.</summary>
    [Fact]
    public void ItCanStillBeWalked()
    {
        byte[] written = WindowsSample.Bytes();
        MinidumpFile before = MinidumpFile.Read(written);
        byte[] clean = Sanitized(written, address => before.Modules.Any(module => module.Address <= address && address < module.Address + module.Size));

        MinidumpFile dump = MinidumpFile.Read(Completed(clean));

        Assert.Equal(before.Threads.Select(thread => (thread.Id, thread.Context!.Value.Rip, thread.Context.Value.Rsp)), dump.Threads.Select(thread => (thread.Id, thread.Context!.Value.Rip, thread.Context.Value.Rsp)));
        Assert.NotEmpty(dump.Memory);
        Assert.True(dump.Memory.Count < before.Memory.Count);
        Assert.All(dump.Memory, range => Assert.True(dump.Threads.Any(thread => thread.Stack.Address == range.Address) || dump.ModuleAt(range.Address) is not null));
        ToolResult walk = BreakpadTools.Stackwalk(Save(Completed(clean)));
        Assert.Contains("Thread 0 (crashed)\n 0  sample.exe + 0x1353\n", walk.Output);
        Assert.DoesNotContain("ERROR", walk.Error);
    }

    [Fact]
    public void WhatCannotBeLookedAtIsRefused()
    {
        Assert.Throws<InvalidDataException>(() => Sanitized([], IsCode));
        Assert.Throws<InvalidDataException>(() => Sanitized(Of(MinidumpStreamType.Memory64List, [.. U64(1, 0), .. U64(Heap, 8)]), IsCode));
        Assert.Throws<InvalidDataException>(() => Sanitized(Of(MinidumpStreamType.ThreadList, [.. U32(1, 7), .. new byte[20], .. U64(Stack), .. U32(4_000, 40), .. new byte[8]]), IsCode));
        Assert.Throws<InvalidDataException>(() => Sanitized(Of(MinidumpStreamType.MemoryList, U32(9)), IsCode));
    }

    [Fact]
    public void WithoutMemoryThereIsNothingToDo()
    {
        byte[] written = Of(MinidumpStreamType.CommentA, 1, 2, 3);
        Assert.Equal(written, Sanitized(written, IsCode));
    }

    private static bool IsCode(ulong address) => address is >= Code and < Code + 4_096;

    private static byte[] MadeUp(int behind, bool isAligned)
    {
        byte[] fxSave = new byte[XmmSaveArea32.Size];
        BinaryPrimitives.WriteUInt32LittleEndian(fxSave.AsSpan(XmmSaveArea32.MxCsrOffset), 0x1F80);
        BinaryPrimitives.WriteUInt64LittleEndian(fxSave.AsSpan(160), Secret);
        Amd64Context context = Amd64Context.Of(new Amd64Registers { Rax = Secret, Rbx = Heap, Rcx = 3, Rip = Code, Rsp = Stack + 8, R15 = Secret, FxSave = fxSave });
        byte[] contextBytes = [.. MemoryMarshal.AsBytes(MemoryMarshal.CreateReadOnlySpan(ref context, 1)), .. Enumerable.Repeat(U64(Secret), behind / 8).SelectMany(word => word)];
        byte[] blob = [.. U64(Secret, Code + 8, Secret, Stack + 16, 7), .. U64(0x1234567890, 0x1234567890), .. U64(Secret, Secret, Secret), .. contextBytes];
        byte[] thread = [.. U32(7, 0, 0, 0), .. U64(0), .. U64(Stack), .. U32(StackBytes, Blob, (uint)contextBytes.Length, ContextAt)];
        byte[] exception = [.. U32(7, 0), .. new byte[152], .. U32((uint)contextBytes.Length, ContextAt)];
        byte[] memory = [.. U32(3), .. isAligned ? U32(0) : [], .. U64(Stack), .. U32(StackBytes, Blob), .. U64(Heap), .. U32(HeapBytes, HeapAt), .. U64(Code), .. U32(CodeBytes, CodeAt)];
        return Of((MinidumpStreamType.CommentA, blob), (MinidumpStreamType.ThreadList, [.. U32(1), .. thread]), (MinidumpStreamType.Exception, exception), (MinidumpStreamType.MemoryList, memory));
    }

    private static int Count(byte[] bytes, ulong word)
    {
        int count = 0;
        for (int i = 0; i + sizeof(ulong) <= bytes.Length; i++)
        {
            count += BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(i)) == word ? 1 : 0;
        }

        return count;
    }

    private static ulong[] Words(byte[] bytes, uint at, uint count) => MemoryMarshal.Cast<byte, ulong>(bytes.AsSpan((int)at, (int)count)).ToArray();

    private byte[] Sanitized(byte[] written, Predicate<ulong> isCode)
    {
        string path = Save(written);
        using (SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite))
        {
            DumpSanitizer.Sanitize(file, isCode);
        }

        return File.ReadAllBytes(path);
    }

    private byte[] Completed(byte[] written)
    {
        using SafeFileHandle file = File.OpenHandle(Save(written));
        using MemoryStream stream = new();
        CompletedDump.LayOut(new WrittenDump(file), SampleSnapshot.Annotations, []).WriteTo(stream);
        return stream.ToArray();
    }

    private string Save(byte[] bytes)
    {
        string path = Path.Combine(_folder.FullName, $"{Guid.NewGuid()}.dmp");
        File.WriteAllBytes(path, bytes);
        return path;
    }
}
