using System.Text;
using CrashHandler.Handler.Capture;
using CrashHandler.Handler.Minidump;
using CrashHandler.Handler.Minidump.Format;
using CrashHandler.Handler.Stacks;
using Xunit;

namespace CrashHandler.Tests.Minidump;

/// <summary>What was written is read again.</summary>
public sealed class RoundTripTests
{
    private static readonly MinidumpFile Sample = MinidumpFile.Read(SampleSnapshot.Dump(SampleSnapshot.Create()));
    private static readonly MinidumpFile Full = MinidumpFile.Read(SampleSnapshot.Dump(SampleSnapshot.CreateFull()));

    [Fact]
    public void NoStreamHasAProblemAndNoneIsTwice()
    {
        Assert.All(Sample.Streams, stream => Assert.Empty(stream.Problems));
        Assert.Equal(Sample.Streams.Count, Sample.Streams.DistinctBy(stream => stream.Type).Count());
        Assert.Equal(16, Sample.Streams.Count);
        Assert.Equal(20, Full.Streams.Count);
        Assert.All(Full.Streams, stream => Assert.Empty(stream.Problems));
        Assert.Equal(Full.Streams.Count, Full.Streams.DistinctBy(stream => stream.Type).Count());
        Assert.Equal(SampleSnapshot.Time, Sample.Time);
    }

    [Fact]
    public void System()
    {
        MinidumpSystemInfo record = Sample.System!.Record;
        Assert.Equal(ProcessorArchitecture.Amd64, record.ProcessorArchitecture);
        Assert.Equal((6u, 8u, 0u), (record.MajorVersion, record.MinorVersion, record.BuildNumber));
        Assert.Equal((6, 0x9e0a, 255), (record.ProcessorLevel, record.ProcessorRevision, record.NumberOfProcessors));
        Assert.Equal(MinidumpPlatform.Linux, record.PlatformId);
        Assert.Equal("GenuineIntel", Sample.System.CpuVendor);
        Assert.Equal("Linux 6.8.0-45-generic #45-Ubuntu SMP x86_64", Sample.System.Description);
        Assert.Equal((0x000906EAu, 0xBFEBFBFFu, 0x2C100800u), (record.VersionInformation, record.FeatureInformation, record.AmdExtendedCpuFeatures));
    }

    [Fact]
    public void Process()
    {
        Assert.Equal(70u, Sample.ProcessId);
        Assert.Equal(SampleSnapshot.Time.AddMinutes(-10), Sample.Process!.StartTime);
        Assert.Equal(TimeSpan.FromSeconds(12), Sample.Process.UserTime);
        Assert.Equal(TimeSpan.FromSeconds(3), Sample.Process.KernelTime);
        Assert.Equal("Linux 6.8.0-45-generic #45-Ubuntu SMP x86_64", Sample.Process.Build);
        Assert.StartsWith("crash-handler.amd64,", Sample.Process.Writer);
    }

    [Fact]
    public void ExceptionIsThatOfTheFault()
    {
        DumpException exception = Sample.Exception!;
        Assert.Equal((uint)SampleSnapshot.CrashedThread, exception.ThreadId);
        Assert.Equal("SIGSEGV /SEGV_MAPERR", exception.Reason);
        Assert.Equal((11u, 1u, 0ul), (exception.Code, exception.Flags, exception.Address));
        CheckContext(SampleSnapshot.Exception.Registers, exception.Context);
    }

    [Fact]
    public void NegativeCodesAndParametersSurvive()
    {
        MinidumpFile dump = Written(SampleSnapshot.Create() with
        {
            Exception = SampleSnapshot.Exception with { Signal = 6, Code = -6, Parameters = [.. Enumerable.Range(1, 20).Select(i => (ulong)i)] },
        });
        Assert.Equal(0xFFFFFFFAu, dump.Exception!.Flags);
        Assert.Equal("SIGABRT /SI_TKILL", dump.Exception.Reason);
        Assert.Equal(Enumerable.Range(1, 15).Select(i => (ulong)i), dump.Exception.Parameters);
    }

    [Fact]
    public void TheCrashedThreadHasTheContextOfTheFaultEvenIfItWasInAHandler()
    {
        ProcessSnapshot snapshot = SampleSnapshot.Create();
        MinidumpFile dump = Written(snapshot with { Threads = [snapshot.Threads[0] with { Registers = SampleSnapshot.Registers(99) }, .. snapshot.Threads.Skip(1)] });
        CheckContext(SampleSnapshot.Exception.Registers, dump.Threads[0].Context);
        Assert.Equal(SampleSnapshot.Exception.Registers.FsBase, dump.Threads[0].Teb);
    }

    [Fact]
    public void Threads()
    {
        Assert.Equal([71u, 72u, 73u], Sample.Threads.Select(thread => thread.Id));
        Assert.Equal(["worker 0", "", "worker 2"], Sample.Threads.Select(thread => thread.Name));
        for (int i = 0; i < 3; i++)
        {
            ThreadSnapshot expected = SampleSnapshot.Thread(i);
            CheckContext(expected.Registers!, Sample.Threads[i].Context);
            Assert.Equal(expected.Registers!.FsBase, Sample.Threads[i].Teb);
            Assert.Equal((expected.Stack!.Address, (ulong)expected.Stack.Bytes.Length), (Sample.Threads[i].Stack.Address, Sample.Threads[i].Stack.Size));
        }
    }

    [Fact]
    public void AThreadWithoutRegistersOrStackIsStillThere()
    {
        ProcessSnapshot snapshot = SampleSnapshot.Create();
        MinidumpFile dump = Written(snapshot with { Threads = [snapshot.Threads[0], snapshot.Threads[1] with { Registers = null, Stack = null }] });
        Assert.Equal(2, dump.Threads.Count);
        Assert.Null(dump.Threads[1].Context);
        Assert.Equal(0u, dump.Threads[1].ContextSize);
        Assert.Equal(default, dump.Threads[1].Stack);
        Assert.All(dump.Streams, stream => Assert.Empty(stream.Problems));
    }

    [Fact]
    public void WithoutFloatingPointTheFlagsSaySo()
    {
        ProcessSnapshot snapshot = SampleSnapshot.Create();
        MinidumpFile dump = Written(snapshot with { Threads = [snapshot.Threads[1] with { Registers = SampleSnapshot.Registers(1) with { FxSave = null } }] });
        Assert.Equal(0x100007u, (uint)dump.Threads[0].Context!.Value.ContextFlags);
        Assert.Equal(0u, dump.Threads[0].Context!.Value.MxCsr);
    }

    [Fact]
    public void Modules()
    {
        Assert.Equal(["/opt/app/app", "/usr/lib/libc.so.6", "/usr/lib/libfoo.so.1.2.3", "linux-gate.so"], Sample.Modules.Select(module => module.Path));
        Assert.Equal(["", "6.0.0.0", "1.2.3.0", ""], Sample.Modules.Select(module => module.Version));
        Assert.Equal(0x5555_0000_0000ul, Sample.Modules[0].Address);
        Assert.Equal(0x3000u, Sample.Modules[0].Size);
        Assert.Equal("0b16212c37424d58636e79848f9aa5b0bbc6d1dc", Sample.Modules[0].CodeId);
        Assert.Equal("2C21160B4237584D636E79848F9AA5B00", Sample.Modules[0].DebugId);
        Assert.Equal("", Sample.Modules[3].CodeId);
        Assert.Equal("app", Sample.ModuleAt(SampleSnapshot.CodeAddress)!.FileName);
        Assert.Null(Sample.ModuleAt(0x5555_0000_3000));
        Assert.Null(Sample.ModuleAt(0));
    }

    [Fact]
    public void AnAssemblyIsNamedByItsPdb()
    {
        DumpModule module = Full.Modules[^1];
        Assert.Equal("/opt/app/app.dll", module.Path);
        Assert.Equal("9ABCDEF06000", module.CodeId);
        Assert.Equal("00112233445566778899AABBCCDDEEFF1", module.DebugId);
        Assert.Equal("app.pdb", module.DebugFile);
        Assert.Equal("1.2.3.4", module.Version);
    }

    [Fact]
    public void MemoryInfo()
    {
        ProcessSnapshot snapshot = SampleSnapshot.CreateFull();
        Assert.Equal(snapshot.Mappings.Select(mapping => (mapping.Address, mapping.Size)), Full.MemoryInfo.Select(range => (range.Address, range.Size)));
        Assert.Equal(["r--", "r-x", "rw-", "rwx", "--x", "---", "rw-"], Full.MemoryInfo.Select(range => range.Permissions));
        Assert.Equal(["private", "private", "private", "private", "private", "private", "mapped"], Full.MemoryInfo.Select(range => range.TypeName));
        Assert.Equal(["committed", "committed", "committed", "committed", "committed", "reserved", "committed"], Full.MemoryInfo.Select(range => range.StateName));
        Assert.Equal(Enumerable.Range(0, 70_000).Take(65_536).Count(), Written(snapshot with
        {
            Mappings = [.. Enumerable.Range(0, 70_000).Select(i => new MappingSnapshot((ulong)i * 0x1000, 0x1000, true, false, false, false))],
        }).MemoryInfo.Count);
    }

    [Fact]
    public void Handles()
    {
        ProcessSnapshot snapshot = SampleSnapshot.CreateFull();
        Assert.Equal(snapshot.Descriptors.Select(descriptor => new DumpHandle((ulong)descriptor.Number, descriptor.Kind, descriptor.Target)), Full.Handles);
        MinidumpFile many = Written(snapshot with
        {
            Descriptors = [.. Enumerable.Range(0, 1_100).Select(i => new DescriptorSnapshot(i, "File", new string('d', 2_000) + i))],
        });
        Assert.Equal(1_024, many.Handles.Count);
        Assert.All(many.Handles, handle => Assert.Equal(1_024, handle.Name.Length));
        Assert.EndsWith("d1023", many.Handles[^1].Name);
        Assert.Contains(many.SoftErrors, error => error.Text.Contains("HandleData 76 descriptors"));
        Assert.All(many.Streams, stream => Assert.Empty(stream.Problems));
    }

    [Fact]
    public void BreakpadInfoNamesTheRequestingThreadOnly()
    {
        Assert.Equal((uint)SampleSnapshot.CrashedThread, Sample.RequestingThread);
        Assert.Null(Sample.DumpingThread);
        Assert.Null(Written(SampleSnapshot.Create() with { Exception = null }).RequestingThread);
    }

    [Fact]
    public void LongerFormsOfListsAreRead()
    {
        MinidumpFile dump = MinidumpFile.Read(RawDump.WithEverythingElse());
        Assert.All(dump.Streams, stream => Assert.Empty(stream.Problems));
        Assert.Equal(2, dump.MemoryInfo.Count);
        Assert.Equal(new DumpHandle(3, "File", "File"), Assert.Single(dump.Handles));
        Assert.Equal((8u, 7u), (dump.RequestingThread!.Value, dump.DumpingThread!.Value));
        Assert.Equal("one", Assert.Single(dump.Crashpad!.Modules).Simple["key"]);
    }

    [Fact]
    public void LimitsAndEnvironment()
    {
        Assert.StartsWith("Limit ", Full.LinuxFiles[MinidumpStreamType.MozLinuxLimits]);
        Assert.Equal("HOME=/root\0LANG=C\0", Full.LinuxFiles[MinidumpStreamType.LinuxEnviron]);
        Assert.False(Sample.LinuxFiles.ContainsKey(MinidumpStreamType.LinuxEnviron));
    }

    [Fact]
    public void MemoryIsSortedAndHoldsTheBytes()
    {
        ProcessSnapshot snapshot = SampleSnapshot.Create();
        byte[] bytes = SampleSnapshot.Dump(snapshot);
        MinidumpFile dump = MinidumpFile.Read(bytes);
        Assert.Equal(4, dump.Memory.Count);
        Assert.Equal(dump.Memory.OrderBy(range => range.Address), dump.Memory);
        foreach (MemorySnapshot piece in snapshot.Memory.Concat(snapshot.Threads.Select(thread => thread.Stack!)))
        {
            DumpMemoryRange range = Assert.Single(dump.Memory, range => range.Address == piece.Address);
            Assert.Equal(piece.Bytes, bytes[(int)range.Offset..(int)(range.Offset + range.Size)]);
        }

        Assert.All(dump.Threads, thread => Assert.Contains(thread.Stack, dump.Memory));
    }

    [Fact]
    public void CrashpadInfo()
    {
        Assert.Equal(SampleSnapshot.ReportId, Sample.Crashpad!.ReportId);
        Assert.Equal(SampleSnapshot.ClientId, Sample.Crashpad.ClientId);
        Assert.Equal(["_productName", "process_type", "ver"], Sample.Crashpad.Annotations.Keys);
        Assert.Equal(SampleSnapshot.Annotations.Simple, Sample.Crashpad.Annotations);
    }

    [Fact]
    public void RawFilesAreTheirBytes()
    {
        ProcessSnapshot snapshot = SampleSnapshot.Create();
        Assert.Equal(Encoding.UTF8.GetString(snapshot.ProcFiles[ProcFile.CommandLine]), Sample.LinuxFiles[MinidumpStreamType.LinuxCmdLine]);
        Assert.Equal(Encoding.UTF8.GetString(snapshot.ProcFiles[ProcFile.Maps]), Sample.LinuxFiles[MinidumpStreamType.LinuxMaps]);
        Assert.Equal("0 0x0\n0 0x0\n", Sample.LinuxFiles[MinidumpStreamType.LinuxAuxv]);
        Assert.Equal(6, Sample.LinuxFiles.Count);
    }

    [Fact]
    public void SoftErrors()
    {
        DumpSoftError error = Assert.Single(Sample.SoftErrors);
        Assert.Equal("ThreadRegisters tid 99: ptrace: No such process (errno 3)", error.Text);
        Assert.Empty(Written(SampleSnapshot.Create() with { SoftErrors = [] }).SoftErrors);
        Assert.DoesNotContain(Written(SampleSnapshot.Create() with { SoftErrors = [] }).Streams, stream => stream.Type == MinidumpStreamType.MozSoftErrors);
    }

    [Fact]
    public void ASnapshotWithNothingIsAMinidump()
    {
        MinidumpFile dump = MinidumpFile.Read(SampleSnapshot.Dump(
            new ProcessSnapshot
            {
                ProcessId = 1,
                Time = DateTimeOffset.UnixEpoch.AddDays(-1),
                StartTime = DateTimeOffset.MaxValue,
                System = new SystemSnapshot { SystemName = "", Release = "", Version = "", Machine = "", ProcessorCount = -1 },
                Threads = [],
                Modules = [],
            },
            new MinidumpAnnotations(Guid.Empty, Guid.Empty, new Dictionary<string, string>())));
        Assert.Null(dump.Exception);
        Assert.Empty(dump.Threads);
        Assert.All(dump.Streams, stream => Assert.Empty(stream.Problems));
        Assert.Equal(0u, dump.Header.TimeDateStamp);
    }

    [Fact]
    public void ARequestedDumpHasNoSignal()
        => Assert.Equal("Dump requested", Written(SampleSnapshot.Create() with { Exception = SampleSnapshot.Exception with { Signal = SignalNames.DumpRequested, Code = 0 } }).Exception!.Reason);

    private static MinidumpFile Written(ProcessSnapshot snapshot) => MinidumpFile.Read(SampleSnapshot.Dump(snapshot));

    private static void CheckContext(Amd64Registers expected, Amd64Context? read)
    {
        Amd64Context context = read!.Value;
        Assert.Equal(
            [expected.Rax, expected.Rbx, expected.Rcx, expected.Rdx, expected.Rsi, expected.Rdi, expected.Rbp, expected.Rsp, expected.Rip],
            new[] { context.Rax, context.Rbx, context.Rcx, context.Rdx, context.Rsi, context.Rdi, context.Rbp, context.Rsp, context.Rip });
        Assert.Equal(
            [expected.R8, expected.R9, expected.R10, expected.R11, expected.R12, expected.R13, expected.R14, expected.R15, expected.EFlags],
            new[] { context.R8, context.R9, context.R10, context.R11, context.R12, context.R13, context.R14, context.R15, context.EFlags });
        Assert.Equal(
            [expected.Cs, expected.Ds, expected.Es, expected.Fs, expected.Gs, expected.Ss],
            new[] { context.SegCs, context.SegDs, context.SegEs, context.SegFs, context.SegGs, context.SegSs });
        XmmSaveArea32 floats = context.FltSave;
        Assert.Equal(expected.FxSave!, ((ReadOnlySpan<byte>)floats).ToArray());
        Assert.Equal(0x1F80u, context.MxCsr);
        Assert.Equal(0x10000Fu, (uint)context.ContextFlags);
    }
}
