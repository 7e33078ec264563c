using CrashHandler.Handler.Minidump;
using CrashHandler.Handler.Minidump.Format;
using CrashHandler.Tests.Tools;
using Xunit;
using static CrashHandler.Tests.Minidump.RawDump;

namespace CrashHandler.Tests.Minidump;

/// <summary>Dumps of Windows, by another writer than ours.</summary>
public sealed class WindowsDumpTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("crash-handler-windows-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void SaysWhatTheProcessDiedOf()
    {
        MinidumpFile dump = MinidumpFile.Read(WindowsSample.Bytes());
        Assert.True(dump.System!.IsWindows);
        Assert.Equal("6.1.7601", dump.System.Version);
        Assert.Equal(536u, dump.ProcessId);
        Assert.Equal(("EXCEPTION_ACCESS_VIOLATION_WRITE", WindowsSample.Thread, 0x1230ul), (dump.Exception!.Reason, dump.Exception.ThreadId, dump.Exception.Address));
        Assert.Equal([1, 0x1230], dump.Exception.Parameters);
        Assert.Equal(WindowsSample.Instruction, dump.Exception.Context!.Value.Rip);
        Assert.Equal([WindowsSample.Thread, 544], dump.Threads.Select(thread => thread.Id));
        Assert.Equal(["sample.exe", "ntdll.dll", "kernel32.dll", "kernelbase.dll"], dump.Modules.Select(module => module.FileName));
        Assert.Equal("63F14E2B195000", dump.Modules[2].CodeId);
        Assert.Equal("sample.exe", dump.ModuleAt(WindowsSample.Instruction)!.FileName);
        Assert.InRange(dump.Exception.Context.Value.Rsp, dump.Threads[0].Stack.Address, dump.Threads[0].Stack.Address + dump.Threads[0].Stack.Size);
        Assert.All(dump.Streams, stream => Assert.Empty(stream.Problems));
        StringWriter text = new();
        MinidumpText.Write(text, dump);
        Assert.StartsWith("Crash       EXCEPTION_ACCESS_VIOLATION_WRITE at 0x1230 in thread 540\n", text.ToString());
    }

    /// <summary>Wine writes neither; the bytes are those of minidumpapiset.h.</summary>
    [Fact]
    public void UnloadedModulesAndTheLivesOfThreads()
    {
        const uint at = 32 + (12 * 4);
        byte[] name = Text("gone.dll");
        byte[] unloaded = [.. U32(12, 24, 1), .. U64(0x7FF0_0000_0000), .. U32(0x8000, 0, 0x5F000000, at)];
        byte[] lives = [.. U32(12, 64, 1), .. U32(7, 0, 0, 259), .. U64(133_000_000_000_000_000, 0, 20_000_000, 10_000_000, 0x7FF0_0000_1000, 3)];
        byte[] threads = [.. U32(1), .. U32(7), .. new byte[44]];
        MinidumpFile dump = MinidumpFile.Read(Of(
            (MinidumpStreamType.CommentA, name), (MinidumpStreamType.UnloadedModuleList, unloaded), (MinidumpStreamType.ThreadInfoList, lives), (MinidumpStreamType.ThreadList, threads)));
        Assert.Equal([new DumpUnloadedModule(0x7FF0_0000_0000, 0x8000, "gone.dll", "5F0000008000")], dump.UnloadedModules);
        DumpThreadTimes life = dump.Threads[0].Times!;
        Assert.Equal(
            (0x7FF0_0000_1000ul, DateTimeOffset.FromFileTime(133_000_000_000_000_000), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2)),
            (life.StartAddress, life.Created!.Value, life.UserTime, life.KernelTime));
        Assert.All(dump.Streams, stream => Assert.Empty(stream.Problems));
        StringWriter text = new();
        MinidumpText.Write(text, dump);
        Assert.Contains("\nUnloaded modules (1)\n  0x00007ff000000000         32,768  gone.dll  5F0000008000\n", text.ToString());
        Assert.Contains("started at 0x7ff000001000\n", text.ToString());
    }

    [Theory]
    [InlineData((uint)MinidumpStreamType.UnloadedModuleList, 24u)]
    [InlineData((uint)MinidumpStreamType.ThreadInfoList, 64u)]
    public void AListThatNamesMoreThanItHoldsIsAProblemOfItsStream(uint type, uint entry)
    {
        MinidumpFile dump = MinidumpFile.Read(Of((MinidumpStreamType)type, [.. U32(12, entry, uint.MaxValue), .. new byte[entry]]));
        Assert.Contains("names 4294967295 entries; it holds 1", Assert.Single(Assert.Single(dump.Streams).Problems));
    }

    /// <summary>Where Breakpad names the code, too.</summary>
    [Theory]
    [InlineData(0xC0000005u, 0UL, 0x18UL)]
    [InlineData(0xC0000005u, 1UL, 0x18UL)]
    [InlineData(0xC0000005u, 8UL, 0x18UL)]
    [InlineData(0xC0000005u)]
    [InlineData(0x80000003u)]
    [InlineData(0xC000001Du)]
    [InlineData(0xC0000094u)]
    [InlineData(0xC00000FDu)]
    [InlineData(0xC0000374u)]
    [InlineData(0xC0000409u)]
    [InlineData(0xC0000409u, 7UL)]
    [InlineData(0xE06D7363u)]
    [InlineData(0x0517A7EDu)]
    [InlineData(0xCAFEu)]
    public void ReasonsAndAddressesAreBreakpads(uint code, params ulong[] parameters)
    {
        string path = Path.Combine(_folder.FullName, "dump.dmp");
        byte[] bytes = WindowsSample.With(code, parameters);
        File.WriteAllBytes(path, bytes);
        DumpException exception = MinidumpFile.Read(bytes).Exception!;
        string said = BreakpadTools.Stackwalk(path).Output;
        Assert.Contains($"Crash reason:  {exception.Reason}\n", said);
        Assert.Contains($"Crash address: 0x{exception.Address:x}\n", said);
    }
}
