using System.Runtime.InteropServices;
using CrashHandler.Handler.Minidump.Format;
using CrashHandler.Tests.Minidump;
using Xunit;
using Xunit.Sdk;

namespace CrashHandler.Tests.Corpus;

/// <summary>The corpus's checks can fail: each reader's is given dumps with one stream spoiled, which it must not let pass, beside the same dump as it was.</summary>
public sealed class BrokenDumpTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("crash-handler-corpus-");

    private static readonly Expectation s_expected = new("SIGSEGV /SEGV_MAPERR", "SIGSEGV", 3) { Address = "0x0", Modules = ["/libfoo.so.1.2.3"] };

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void TheDumpAsItWasPassesEveryCheck()
    {
        string dump = Write(SampleSnapshot.Dump(SampleSnapshot.CreateFull()));
        Readers.Stackwalk(dump, s_expected);
        Readers.Dump(dump, s_expected);
        Readers.Lldb(dump, s_expected);
    }

    /// <summary>A byte too much, as a wrong size of a record would make it.</summary>
    [Theory]
    [InlineData(nameof(MinidumpStreamType.ThreadList))]
    [InlineData(nameof(MinidumpStreamType.ModuleList))]
    [InlineData(nameof(MinidumpStreamType.MemoryList))]
    [InlineData(nameof(MinidumpStreamType.Exception))]
    [InlineData(nameof(MinidumpStreamType.SystemInfo))]
    [InlineData(nameof(MinidumpStreamType.ThreadNames))]
    [InlineData(nameof(MinidumpStreamType.MemoryInfoList))]
    [InlineData(nameof(MinidumpStreamType.BreakpadInfo))]
    public void DumpDoesNotPassAStreamOfAWrongSize(string stream)
        => AssertRefused(path => Readers.Dump(path, s_expected), stream, entry => entry with { Size = entry.Size + 1 });

    /// <summary>This one may grow; Breakpad reads what its first version had, 52 bytes.</summary>
    [Fact]
    public void DumpDoesNotPassAStreamThatIsTooSmall()
        => AssertRefused(path => Readers.Dump(path, s_expected), nameof(MinidumpStreamType.CrashpadInfo), entry => entry with { Size = 51 });

    [Theory]
    [InlineData(nameof(MinidumpStreamType.ThreadList))]
    [InlineData(nameof(MinidumpStreamType.ModuleList))]
    [InlineData(nameof(MinidumpStreamType.MemoryList))]
    [InlineData(nameof(MinidumpStreamType.Exception))]
    [InlineData(nameof(MinidumpStreamType.SystemInfo))]
    public void StackwalkDoesNotPassAStreamOfAWrongSize(string stream)
        => AssertRefused(path => Readers.Stackwalk(path, s_expected), stream, entry => entry with { Size = entry.Size + 1 });

    /// <summary>LLDB rejects the whole file for a stream that ends outside of it.</summary>
    [Theory]
    [InlineData(nameof(MinidumpStreamType.ThreadList))]
    [InlineData(nameof(MinidumpStreamType.Exception))]
    [InlineData(nameof(MinidumpStreamType.LinuxMaps))]
    public void LldbDoesNotPassAStreamOutsideTheFile(string stream)
        => AssertRefused(path => Readers.Lldb(path, s_expected), stream, entry => entry with { Rva = int.MaxValue });

    /// <summary>It says nothing of a stream that it does not find.</summary>
    [Theory]
    [InlineData(nameof(MinidumpStreamType.ThreadList))]
    [InlineData(nameof(MinidumpStreamType.ModuleList))]
    [InlineData(nameof(MinidumpStreamType.Exception))]
    public void LldbDoesNotPassAStreamThatIsMissing(string stream)
        => AssertRefused(path => Readers.Lldb(path, s_expected), stream, entry => entry with { Type = 0x12345 });

    private void AssertRefused(Action<string> check, string stream, Func<Entry, Entry> spoil)
    {
        byte[] dump = SampleSnapshot.Dump(SampleSnapshot.CreateFull());
        MinidumpHeader header = MemoryMarshal.Read<MinidumpHeader>(dump);
        Span<Entry> directory = MemoryMarshal.Cast<byte, Entry>(dump.AsSpan((int)header.StreamDirectoryRva, (int)header.NumberOfStreams * MinidumpDirectory.Size));
        int index = directory.ToArray().ToList().FindIndex(entry => entry.Type == (int)Enum.Parse<MinidumpStreamType>(stream));
        directory[index] = spoil(directory[index]);
        string path = Write(dump);

        XunitException refusal = Assert.ThrowsAny<XunitException>(() => check(path));
        TestContext.Current.TestOutputHelper?.WriteLine(refusal.Message);
    }

    private string Write(byte[] dump)
    {
        string path = Path.Combine(_folder.FullName, $"{Guid.NewGuid()}.dmp");
        File.WriteAllBytes(path, dump);
        return path;
    }

    [StructLayout(LayoutKind.Sequential)]
    private record struct Entry(int Type, int Size, int Rva);
}
