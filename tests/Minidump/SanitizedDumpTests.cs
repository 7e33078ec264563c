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
public sealed class SanitizedDumpTests : IDisposable
{
    private const ulong Secret = 0x7265746e75486854, Stack = 0x9000_0000, Code = 0x40_0000, Heap = 0x7000_0000;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("crash-handler-sanitized-");
    private readonly SoftErrorList _softErrors = new();

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>Of the context also what is behind it, where the system keeps the wider vector registers.</summary>
    [Theory]
    [InlineData(0, false)]
    [InlineData(512, false)]
    [InlineData(0, true)]
    public void OnlyPointersIntoStackAndCodeAndSmallNumbersStay(int behind, bool isAligned)
    {
        Pieces pieces = new();
        (uint stack, uint code, uint heap, uint context) = (pieces.Add(StackWords), pieces.Add(U64(0x1234567890, 0x1234567890)), pieces.Add(U64(Secret, Secret)), pieces.Add(Context(behind)));
        byte[] memory = [.. U32(3), .. isAligned ? U32(0) : [], .. Range(Stack, 40, stack), .. Range(Heap, 16, heap), .. Range(Code, 16, code)];
        byte[] written = pieces.Dump(
            (MinidumpStreamType.ThreadList, [.. U32(1), .. Thread(7, Range(Stack, 40, stack), 1232 + (uint)behind, context)]),
            (MinidumpStreamType.Exception, Exception(7, ExceptionCodes.AccessViolation, 1232 + (uint)behind, context, 1, Secret)),
            (MinidumpStreamType.MemoryList, memory));

        MinidumpFile dump = Sanitized(written, out byte[] clean);

        // A fault's address is what it is.
        Assert.Equal((1, 1), (Count(clean, Secret), dump.Exception!.Parameters.Count(parameter => parameter == Secret)));
        Assert.All(dump.Streams, stream => Assert.Empty(stream.Problems));
        Assert.Equal([(Code, 16ul), (Stack, 40ul)], dump.Memory.Select(range => (range.Address, range.Size)));
        // The first word lies below the stack pointer.
        Assert.Equal([0, Code + 8, StackSanitizer.Defaced, Stack + 16, 7], Words(clean, dump.Threads[0].Stack));
        Assert.Equal([0x1234567890, 0x1234567890], Words(clean, dump.Memory[0]));
        Amd64Context registers = dump.Threads[0].Context!.Value;
        Assert.Equal((StackSanitizer.Defaced, Code, Stack + 8, StackSanitizer.Defaced, 3ul), (registers.Rax, registers.Rip, registers.Rsp, registers.Rbx, registers.Rcx));
        Assert.Equal(0x1F80u, registers.MxCsr);
        Assert.Equal(registers.Rax, dump.Exception.Context!.Value.Rax);
        Assert.Empty(_softErrors.ToArray());
    }

    /// <summary>dbghelp makes one range of those that meet, and a thread's stack names its beginning, or nothing.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AStackIsFoundByItsAddresses(bool hasRva)
    {
        Pieces pieces = new();
        uint block = pieces.Add([.. U64(Secret, Secret), .. StackWords, .. U64(Secret), .. StackWords]), context = pieces.Add(Context(0));
        byte[] written = pieces.Dump(
            (MinidumpStreamType.ThreadList, [.. U32(2), .. Thread(7, Range(Stack, 40, hasRva ? block : 0), 1232, context), .. Thread(8, Range(Stack + 48, 40, hasRva ? block : 0), 0, 0)]),
            (MinidumpStreamType.MemoryList, [.. U32(1), .. Range(Stack - 16, 104, block)]));

        MinidumpFile dump = Sanitized(written, out byte[] clean);

        Assert.Equal(0, Count(clean, Secret));
        Assert.Equal([0, Code + 8, StackSanitizer.Defaced, Stack + 16, 7], Words(clean, dump.Threads[0].Stack));
        // Nobody knows where this one's pointer was.
        Assert.Equal([0ul, 0, 0, 0, 0], Words(clean, dump.Threads[1].Stack));
        Assert.Equal([(Stack, 40ul), (Stack + 48, 40ul)], dump.Memory.Select(range => (range.Address, range.Size)));
    }

    /// <summary>The system's own streams of other kinds, and what is in the file besides.</summary>
    [Fact]
    public void WhatIsNotKnownIsNotTakenOver()
    {
        Pieces pieces = new();
        uint named = pieces.Add([.. Text("File"), .. U64(Secret)]);
        byte[] handles = [.. U32(16, 40, 1, 0), .. U64(3), .. U32(named, 0), .. new byte[16], .. U32(named, 0)];
        byte[] written = pieces.Dump(
            (MinidumpStreamType.HandleData, handles),
            (MinidumpStreamType.UnloadedModuleList, [.. U32(12, 24, 1), .. U64(Heap), .. U32(16, 0, 5, named)]),
            (MinidumpStreamType.ThreadNames, [.. U32(1, 7), .. U64(named)]),
            (MinidumpStreamType.Memory64List, [.. U64(1, named), .. U64(Heap, 8)]),
            (MinidumpStreamType.ThreadExList, [.. U32(1), .. new byte[64], .. U64(Secret)]),
            (MinidumpStreamType.JavaScriptData, U64(Secret)),
            (MinidumpStreamType.ProcessVmCounters, U64(1, 2)));

        MinidumpFile dump = Sanitized(written, out byte[] clean);

        Assert.Equal(0, Count(clean, Secret));
        Assert.Equal(
            [
                MinidumpStreamType.ProcessVmCounters, MinidumpStreamType.ModuleList, MinidumpStreamType.UnloadedModuleList, MinidumpStreamType.HandleData, MinidumpStreamType.ThreadNames,
                MinidumpStreamType.ThreadList, MinidumpStreamType.MemoryList,
            ],
            dump.Streams.Select(stream => stream.Type));
        Assert.Equal((3ul, "File"), Assert.Single(dump.Handles.Select(handle => (handle.Number, handle.Kind))));
        Assert.Equal("File", Assert.Single(dump.UnloadedModules).Name);
        Assert.Empty(_softErrors.ToArray());
    }

    [Theory]
    [InlineData(ExceptionCodes.DotNet, false)]
    [InlineData(ExceptionCodes.AccessViolation, true)]
    public void ParametersOfAnExceptionMayBeAnything(uint code, bool areKept)
    {
        Pieces pieces = new();
        uint context = pieces.Add(Context(0));

        MinidumpFile dump = Sanitized(pieces.Dump((MinidumpStreamType.Exception, Exception(7, code, 1232, context, 2, Secret, Secret))), out _);

        Assert.Equal([2, areKept ? Secret : StackSanitizer.Defaced, StackSanitizer.Defaced], dump.Exception!.Parameters);
    }

    /// <summary>As Wine wrote it: Breakpad finds the same place, and of memory only the stacks and code are left.</summary>
    [Fact]
    public void ItCanStillBeWalked()
    {
        byte[] written = WindowsSample.Bytes();
        MinidumpFile before = MinidumpFile.Read(written);
        Sanitized(written, out byte[] clean, address => before.Modules.Any(module => module.Address <= address && address < module.Address + module.Size));

        MinidumpFile dump = MinidumpFile.Read(Completed(clean));

        Assert.Equal(before.Threads.Select(At), dump.Threads.Select(At));
        Assert.Equal(before.Threads.Select(thread => (thread.Id, thread.Stack.Address, thread.Stack.Size)), dump.Threads.Select(thread => (thread.Id, thread.Stack.Address, thread.Stack.Size)));
        Assert.Equal(before.Modules.Select(module => (module.Path, module.Address, module.Version, module.DebugId)), dump.Modules.Select(module => (module.Path, module.Address, module.Version, module.DebugId)));
        Assert.Equal((before.Time, before.System!.Description, before.ProcessId), (dump.Time, dump.System!.Description, dump.ProcessId));
        Assert.All(dump.Memory, range => Assert.Contains(dump.Threads, thread => thread.Stack.Address == range.Address || (range.Address <= thread.Context!.Value.Rip && thread.Context.Value.Rip < range.Address + range.Size)));
        ToolResult walk = BreakpadTools.Stackwalk(Save(Completed(clean)));
        Assert.Contains("Thread 0 (crashed)\n 0  sample.exe + 0x1353\n", walk.Output);
        Assert.DoesNotContain("ERROR", walk.Error);

        static (uint, ulong, ulong) At(DumpThread thread) => (thread.Id, thread.Context!.Value.Rip, thread.Context.Value.Rsp);
    }

    [Fact]
    public void ABrokenStreamCostsItselfOnly()
    {
        MinidumpFile dump = Sanitized(Of((MinidumpStreamType.HandleData, U32(16, 8, 1, 0, 0, 0)), (MinidumpStreamType.ProcessVmCounters, U64(1))), out _);

        Assert.DoesNotContain(dump.Streams, stream => stream.Type == MinidumpStreamType.HandleData);
        Assert.Contains(dump.Streams, stream => stream.Type == MinidumpStreamType.ProcessVmCounters);
        SoftError error = Assert.Single(_softErrors.ToArray());
        Assert.Equal(("Sanitize", "HandleData"), (error.Step, error.Subject));
    }

    /// <summary>As on Linux: of the crashed one all, of the others what a call chain takes.</summary>
    [Fact]
    public void OfOtherThreadsStacksThereIsTheInnermostPart()
    {
        const uint each = 1024 * 1024;
        Pieces pieces = new();
        (uint first, uint second, uint context) = (pieces.Add(new byte[each]), pieces.Add(new byte[each]), pieces.Add(Context(0)));
        byte[] written = pieces.Dump(
            (MinidumpStreamType.ThreadList, [.. U32(2), .. Thread(7, Range(Stack, each, first), 1232, context), .. Thread(8, Range(Stack + (2 * each), each, second), 1232, context)]),
            (MinidumpStreamType.Exception, Exception(8, ExceptionCodes.AccessViolation, 1232, context, 1, Heap)));

        MinidumpFile dump = Sanitized(written, out _);

        Assert.Equal(each, dump.Threads.Single(thread => thread.Id == 8).Stack.Size);
        Assert.Equal((ulong)CaptureLimits.StackBytes, dump.Threads.Single(thread => thread.Id == 7).Stack.Size);
        Assert.Equal($"{CaptureLimits.StackBytes} of {each} bytes of its stack", Assert.Single(_softErrors.ToArray()).Reason);
    }

    [Fact]
    public void OfTooManyThreadsTheCrashedOneStays()
    {
        const uint count = MinidumpLimits.MaxThreads + 2;
        Pieces pieces = new();
        uint context = pieces.Add(Context(0));
        byte[] written = pieces.Dump(
            (MinidumpStreamType.ThreadList, [.. U32(count), .. Enumerable.Range(1, (int)count).SelectMany(id => Thread((uint)id, new byte[16], 0, 0))]),
            (MinidumpStreamType.Exception, Exception(count, ExceptionCodes.AccessViolation, 1232, context, 1, Heap)));

        MinidumpFile dump = Sanitized(written, out _);

        Assert.Equal(MinidumpLimits.MaxThreads, dump.Threads.Count);
        Assert.Contains(dump.Threads, thread => thread.Id == count);
        Assert.Equal("2 threads left out (limit 4096)", Assert.Single(_softErrors.ToArray()).Reason);
    }

    /// <summary>Each byte once, and no data that lies beside it. The exception's is whole.</summary>
    [Fact]
    public void CodeAtInstructionsThatLieTogetherIsThereOnce()
    {
        const ulong at = Code + 4_096 - 64;
        Pieces pieces = new();
        byte[] page = new byte[8_192];
        page.AsSpan(4_096).Fill((byte)'s');
        (uint code, uint first, uint second) = (pieces.Add(page), pieces.Add(Context(0, at - 200)), pieces.Add(Context(0, at)));
        byte[] written = pieces.Dump(
            (MinidumpStreamType.ThreadList, [.. U32(2), .. Thread(7, new byte[16], 1232, first), .. Thread(8, new byte[16], 1232, second)]),
            (MinidumpStreamType.Exception, Exception(8, ExceptionCodes.AccessViolation, 1232, second, 1, Heap)),
            (MinidumpStreamType.MemoryList, [.. U32(1), .. Range(Code, 8_192, code)]));

        MinidumpFile dump = Sanitized(written, out byte[] clean);

        Assert.Equal([(at - 328, 200ul), (at - 128, 192ul)], dump.Memory.Select(range => (range.Address, range.Size)));
        Assert.Equal(-1, clean.AsSpan().IndexOf("ssss"u8));
        Assert.Empty(_softErrors.ToArray());
    }

    [Fact]
    public void WhatWouldEndBeyondTheLastAddressIsLeftOut()
    {
        Pieces pieces = new();
        uint bytes = pieces.Add(StackWords);
        byte[] written = pieces.Dump(
            (MinidumpStreamType.ThreadList, [.. U32(1), .. Thread(7, Range(ulong.MaxValue - 8, 40, bytes), 0, 0)]),
            (MinidumpStreamType.MemoryList, [.. U32(1), .. Range(ulong.MaxValue - 8, 40, bytes)]));

        MinidumpFile dump = Sanitized(written, out byte[] clean);

        Assert.Equal(0, Count(clean, Secret));
        Assert.Empty(dump.Memory);
    }

    [Fact]
    public void WhatIsNoDumpIsRefused()
    {
        Assert.Throws<InvalidDataException>(() => Sanitized([], out _));
        Assert.Throws<InvalidDataException>(() => Sanitized(Of(MinidumpStreamType.ThreadList, [.. U32(1), .. Thread(7, Range(Stack, 4_000, 40), 0, 0)]), out _));
        Assert.Throws<InvalidDataException>(() => Sanitized(Of((MinidumpStreamType.ThreadList, [.. U32(1), .. Thread(7, Range(Stack, 4_000, 40), 0, 0)]), (MinidumpStreamType.MemoryList, [.. U32(1), .. Range(Stack, 4_000, 40)])), out _));
        Assert.Throws<InvalidDataException>(() => Sanitized(Of(MinidumpStreamType.MemoryList, U32(9)), out _));
    }

    private static byte[] StackWords => U64(Secret, Code + 8, Secret, Stack + 16, 7);

    private static byte[] Range(ulong address, uint size, uint rva) => [.. U64(address), .. U32(size, rva)];

    private static byte[] Thread(uint id, byte[] stack, uint contextSize, uint context) => [.. U32(id, 0, 0, 0), .. U64(0), .. stack, .. U32(contextSize, context)];

    private static byte[] Exception(uint thread, uint code, uint contextSize, uint context, params ulong[] parameters)
        => [.. U32(thread, 0, code, 0), .. U64(0, Code), .. U32((uint)parameters.Length, 0), .. U64(parameters), .. new byte[8 * (15 - parameters.Length)], .. U32(contextSize, context)];

    private static byte[] Context(int behind, ulong instruction = Code)
    {
        byte[] fxSave = new byte[XmmSaveArea32.Size];
        BinaryPrimitives.WriteUInt32LittleEndian(fxSave.AsSpan(XmmSaveArea32.MxCsrOffset), 0x1F80);
        BinaryPrimitives.WriteUInt64LittleEndian(fxSave.AsSpan(160), Secret);
        Amd64Context context = Amd64Context.Of(new Amd64Registers { Rax = Secret, Rbx = Heap, Rcx = 3, Rip = instruction, Rsp = Stack + 8, R15 = Secret, FxSave = fxSave });
        return [.. MemoryMarshal.AsBytes(MemoryMarshal.CreateReadOnlySpan(ref context, 1)), .. Enumerable.Repeat(U64(Secret), behind / 8).SelectMany(word => word)];
    }

    private static int Count(byte[] bytes, ulong word) => bytes.AsSpan().Count(BitConverter.GetBytes(word));

    private static ulong[] Words(byte[] bytes, DumpMemoryRange range) => MemoryMarshal.Cast<byte, ulong>(bytes.AsSpan((int)range.Offset, (int)range.Size)).ToArray();

    private MinidumpFile Sanitized(byte[] written, out byte[] clean, Predicate<ulong>? isCode = null)
    {
        string path = Save(written);
        using (SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite))
        {
            SanitizedDump.Replace(file, isCode ?? (address => address is >= Code and < Code + 4_096), _softErrors);
        }

        clean = File.ReadAllBytes(path);
        return MinidumpFile.Read(clean);
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

    /// <summary>What streams refer to, in a stream of its own that comes first.</summary>
    private sealed class Pieces
    {
        private const int MostStreams = 8;
        private readonly MemoryStream _bytes = new();

        public uint Add(byte[] piece)
        {
            _bytes.Write(piece);
            return 32 + (12 * MostStreams) + (uint)(_bytes.Length - piece.Length);
        }

        public byte[] Dump(params (MinidumpStreamType, byte[])[] streams)
        {
            IEnumerable<(MinidumpStreamType, byte[])> unused = Enumerable.Repeat((MinidumpStreamType.Unused, Array.Empty<byte>()), MostStreams - 1 - streams.Length);
            return Of([(MinidumpStreamType.CommentW, _bytes.ToArray()), .. streams, .. unused]);
        }
    }
}
