using System.Text.RegularExpressions;
using CrashHandler.Handler.Capture;
using CrashHandler.Handler.Capture.Linux;
using CrashHandler.Handler.Minidump;
using CrashHandler.Handler.Stacks;
using CrashHandler.Tests.Tools;
using Xunit;

namespace CrashHandler.Tests.Minidump;

/// <summary>Breakpad's readers take our dumps without complaint and say what the snapshot said.</summary>
public sealed partial class IndependentReaderTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("crash-handler-minidump-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void DumpReadsEveryStream()
    {
        ToolResult result = BreakpadTools.Dump(Write(SampleSnapshot.Create()));
        Assert.Empty(Errors(result));
        Assert.Contains("  thread_count = 3\n", result.Output);
        Assert.Contains("  module_count = 4\n", result.Output);
        Assert.Contains("  region_count = 4\n", result.Output);
        Assert.Contains("  thread_name                 = \"worker 2\"\n", result.Output);
        Assert.Contains("  (code_file)                     = \"/usr/lib/libfoo.so.1.2.3\"\n", result.Output);
        Assert.Contains("  (code_identifier)               = \"0b16212c37424d58636e79848f9aa5b0bbc6d1dc\"\n", result.Output);
        Assert.Contains("  (debug_identifier)              = \"2C21160B4237584D636E79848F9AA5B00\"\n", result.Output);
        Assert.Contains("  exception_record.exception_code            = 0xb\n", result.Output);
        Assert.Contains("  (csd_version)                              = \"Linux 6.8.0-45-generic #45-Ubuntu SMP x86_64\"\n", result.Output);
        Assert.Contains("  process_id                   = 70\n", result.Output);
        Assert.Contains("  report_id = 00112233-4455-6677-8899-aabbccddeeff\n", result.Output);
        Assert.Contains("  client_id = fedcba98-7654-3210-0123-456789abcdef\n", result.Output);
        Assert.Contains("  simple_annotations[\"_productName\"] = Größe 🦖\n", result.Output);
        Assert.Contains("  simple_annotations[\"ver\"] = 1.2.3\n", result.Output);
        Assert.Contains("Stream MD_LINUX_MAPS:\n555500000000-555500003000 r-xp", result.Output);
        Assert.Contains("(MD_LINUX_AUXV)", result.Output);
        Assert.Contains("0x4d7a0004", result.Output);
    }

    [Fact]
    public void StackwalkNamesTheCrash()
    {
        ToolResult result = BreakpadTools.Stackwalk(Write(SampleSnapshot.Create()));
        Assert.Equal(0, result.ExitCode);
        Assert.Empty(Errors(result));
        Assert.Contains("Crash reason:  SIGSEGV /SEGV_MAPERR\n", result.Output);
        Assert.Contains("Crash address: 0x0\n", result.Output);
        Assert.Contains("Process uptime: 600 seconds\n", result.Output);
        Assert.Contains("Thread 0 (crashed)\n 0  app + 0x1000\n", result.Output);
        Assert.Contains("rsp = 0x00007ffd00008000", result.Output);
        Assert.Equal(3, ThreadLine().Count(result.Output));
        Assert.Contains("  app  0.0.0.0  (main)", result.Output);
    }

    /// <summary>Where Breakpad names the code, too; it puts a space behind the slash for some signals and not for others.</summary>
    [Theory]
    [InlineData(8, 1)]
    [InlineData(7, 2)]
    [InlineData(4, 1)]
    [InlineData(11, 1)]
    [InlineData(11, 2)]
    public void ReasonsAreBreakpads(int signal, int code)
    {
        ToolResult result = BreakpadTools.Stackwalk(Write(SampleSnapshot.Create() with { Exception = SampleSnapshot.Exception with { Signal = signal, Code = code } }));
        string reason = Regex.Match(result.Output, "Crash reason: +(.*)\n").Groups[1].Value;
        Assert.Equal(reason.Replace("/ ", "/"), SignalNames.Describe(signal, code));
    }

    [Fact]
    public void DumpAtEveryLimitIsAccepted()
    {
        ProcessSnapshot snapshot = SampleSnapshot.Create(5_000) with
        {
            Threads = [.. Enumerable.Range(0, 5_000).Select(i => SampleSnapshot.Thread(i) with { Name = new string('n', 2_000), Stack = i < 2_000 ? SampleSnapshot.Thread(i).Stack : null })],
            Modules = [.. Enumerable.Range(0, 3_000).Select(i => SampleSnapshot.Module("/" + new string('m', 2_000) + i, 0x1000_0000 + ((ulong)i * 0x1000), 0x1000))],
            Memory = [.. Enumerable.Range(0, 5_000).Select(i => new MemorySnapshot(0x1_0000 + ((ulong)i * 0x100), new byte[] { 1, 2, 3 }))],
        };
        string path = Write(snapshot, SampleSnapshot.Annotations with { Simple = new Dictionary<string, string> { ["long"] = new string('ä', 3_000) } });
        ToolResult result = BreakpadTools.Dump(path);
        Assert.Empty(Errors(result));
        Assert.Contains("  thread_count = 4096\n", result.Output);
        Assert.Contains("  module_count = 2048\n", result.Output);
        Assert.Contains("  region_count = 4096\n", result.Output);
        Assert.Contains("simple_annotations[\"long\"] = " + new string('ä', 511) + "\n", result.Output);
    }

    [Fact]
    public void OverlapsHalfNamesAndMissingPartsAreAccepted()
    {
        ProcessSnapshot snapshot = SampleSnapshot.Create();
        string path = Write(snapshot with
        {
            Threads =
            [
                snapshot.Threads[0],
                snapshot.Threads[1] with { Stack = new MemorySnapshot(SampleSnapshot.StackTop + 0x100, SampleSnapshot.Fill(0x1000, 7)), Name = "half \uD83E" },
                snapshot.Threads[2] with { Stack = null },
                snapshot.Threads[2],
            ],
            Modules = [.. snapshot.Modules, SampleSnapshot.Module("/over\uDD96lap", 0x5555_0000_1000, 0x1000), SampleSnapshot.Module("/none", 0x1000, 0)],
            Memory = [.. snapshot.Memory, .. snapshot.Memory, new MemorySnapshot(0x5000, default)],
        });
        Assert.Empty(Errors(BreakpadTools.Dump(path)));
        ToolResult walk = BreakpadTools.Stackwalk(path);
        Assert.Equal(0, walk.ExitCode);
        Assert.Equal(3, ThreadLine().Count(walk.Output));
    }

    [Fact]
    public void AThreadWithoutRegistersCostsOnlyItsOwnFrames()
    {
        ProcessSnapshot snapshot = SampleSnapshot.Create();
        ToolResult result = BreakpadTools.Stackwalk(Write(snapshot with { Threads = [snapshot.Threads[0], snapshot.Threads[1] with { Registers = null }, snapshot.Threads[2]] }));
        Assert.Equal(0, result.ExitCode);
        Assert.Equal(3, ThreadLine().Count(result.Output));
        Assert.Equal(2, Regex.Count(result.Output, @" 0  app \+ 0x1000\n"));
    }

    [Fact]
    public void EveryStreamIsAccepted()
    {
        ToolResult result = BreakpadTools.Dump(Write(SampleSnapshot.CreateFull()));
        Assert.Empty(Errors(result));
        Assert.DoesNotContain("GetMemoryInfoList() failed", result.Error);
        Assert.Contains("  requesting_thread_id = 0x47\n", result.Output);
        Assert.Contains("  (debug_identifier)              = \"00112233445566778899AABBCCDDEEFF1\"\n", result.Output);
        Assert.Contains("  (debug_file)                    = \"app.pdb\"\n", result.Output);
        Assert.Contains("  (version)                       = \"1.2.3.4\"\n", result.Output);
        Assert.Contains("HOME=/root\\0\nLANG=C", result.Output);
    }

    /// <summary>A real .NET process, in part: what the capture of the tests' own finds without stopping it.</summary>
    [Fact]
    public void ModulesAndRangesOfARealProcessAreAccepted()
    {
        string path = Write(RealProcess());
        ToolResult result = BreakpadTools.Dump(path);
        Assert.Empty(Errors(result));
        Assert.Contains("System.Private.CoreLib.pdb\"\n", result.Output);
        ToolResult walk = BreakpadTools.Stackwalk(path);
        Assert.Equal(0, walk.ExitCode);
        Assert.Contains("System.Private.CoreLib.dll", walk.Output);
    }

    [Fact]
    public void LldbReadsThreadsAndModules()
    {
        string full = Write(SampleSnapshot.CreateFull());
        ToolResult result = Lldb.Read(full);
        Assert.DoesNotContain("error:", result.Error + result.Output);
        Assert.Equal(3, Regex.Count(result.Output, @"^[* ] thread #", RegexOptions.Multiline));
        Assert.Contains("/opt/app/app.dll", result.Output);
        Assert.Contains("libfoo.so.1.2.3", result.Output);

        ToolResult real = Lldb.Read(Write(RealProcess()));
        Assert.DoesNotContain("error:", real.Error + real.Output);
        Assert.Contains("System.Private.CoreLib.dll", real.Output);
        Assert.Contains("libcoreclr.so", real.Output);
    }

    private static ProcessSnapshot RealProcess()
    {
        byte[] maps = File.ReadAllBytes("/proc/self/maps");
        MemoryMap map = MemoryMap.Parse(maps);
        SoftErrorList errors = new();
        using RemoteMemory memory = new(Environment.ProcessId, "/proc/self", errors, new SnapshotMemory());
        List<ModuleSnapshot> modules = new ModuleFinder(map, memory, "/proc/self/root", errors, CaptureFailSpots.None).Find(null, Environment.ProcessPath!);
        Assert.Empty(errors.ToArray());
        ProcessSnapshot made = SampleSnapshot.CreateFull();
        return made with
        {
            Modules = modules,
            Mappings = [.. map.Mappings.Select(mapping => new MappingSnapshot(mapping.Start, mapping.End - mapping.Start, mapping.Readable, mapping.Writable, mapping.Executable, mapping.Shared))],
            Descriptors = DescriptorReader.Read("/proc/self/fd", errors),
            ProcFiles = new Dictionary<ProcFile, byte[]>(made.ProcFiles) { [ProcFile.Maps] = maps, [ProcFile.AuxiliaryVector] = File.ReadAllBytes("/proc/self/auxv") },
        };
    }

    /// <summary>
    /// Complaints, without the two that Breakpad's own code calls harmless: a thread without a stack, and the absence of
    /// a stream that no Linux dump of Crashpad has.
    /// </summary>
    private static List<string> Errors(ToolResult result)
        => [.. result.Error.Split('\n').Where(line => line.Contains("ERROR") && !line.Contains("MinidumpThread has a memory region problem") && !line.Contains("minidump.GetMemoryInfoList() failed"))];

    private string Write(ProcessSnapshot snapshot, MinidumpAnnotations? annotations = null)
    {
        string path = Path.Combine(_folder.FullName, $"{Guid.NewGuid()}.dmp");
        File.WriteAllBytes(path, SampleSnapshot.Dump(snapshot, annotations));
        return path;
    }

    [GeneratedRegex(@"^Thread \d+", RegexOptions.Multiline)]
    private static partial Regex ThreadLine();
}
