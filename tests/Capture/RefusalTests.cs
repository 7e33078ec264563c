using System.Runtime.InteropServices;
using CrashHandler.Handler.Capture;
using CrashHandler.Handler.Capture.Linux;
using CrashHandler.Handler.Stacks;
using Xunit;

namespace CrashHandler.Tests.Capture;

/// <summary>What is left where the kernel refuses.</summary>
[Collection(nameof(VictimCollection))]
public sealed class RefusalTests(VictimProgram program)
{
    // Above any pid: the kernel's limit is 4,194,304.
    private const int NoSuchThread = 5_000_000;

    [Fact]
    public void A_process_that_is_closed_to_the_handler_gives_what_its_notice_says()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            Assert.Skip("only root's processes can be closed by dropping capabilities");
        }

        using VictimProcess victim = VictimProcess.Start(program, threads: 2);
        CaptureRequest request = victim.Request;

        ProcessSnapshot snapshot = CaptureThread.Run(() =>
        {
            Capabilities.DropOnThisThread();
            using FrozenProcess frozen = FrozenProcess.Freeze(request);
            Assert.False(frozen.IsFrozen);
            return frozen.TakeSnapshot();
        });

        Assert.Contains(snapshot.SoftErrors, error => error.Reason.StartsWith("not frozen: ptrace PTRACE_SEIZE", StringComparison.Ordinal));
        Assert.Contains(snapshot.SoftErrors, error => error.Reason.StartsWith("no memory could be read", StringComparison.Ordinal));
        Assert.InRange(snapshot.Exception!.Registers.Rip, victim.FaultStart, victim.FaultEnd - 1);
        Assert.Null(snapshot.Threads[0].Stack);
        Assert.Equal(3, snapshot.Threads.Count);
        victim.AssertEveryThreadRuns();
    }

    [Fact]
    public void Memory_is_read_through_the_file_where_the_call_is_refused()
    {
        using VictimProcess victim = VictimProcess.Start(program, threads: 1);
        SoftErrorList errors = new();
        using RemoteMemory memory = new(NoSuchThread, $"/proc/{victim.Pid}", errors, new SnapshotMemory());
        VictimThread thread = victim.Threads[0];

        MemoryRead read = memory.Read(thread.MarkerAddress, sizeof(ulong));

        Assert.Equal(VictimProcess.Marker, MemoryMarshal.Read<ulong>(read.Bytes));
        Assert.Contains("process_vm_readv", Assert.Single(errors.ToArray()).Reason, StringComparison.Ordinal);
        Assert.Equal(0, memory.Read(8, 16).Count);
    }

    [Fact]
    public void Modules_are_read_from_their_files_where_memory_is_refused()
    {
        using VictimProcess victim = VictimProcess.Start(program, threads: 1);
        MemoryMap map = MemoryMap.Parse(File.ReadAllBytes($"/proc/{victim.Pid}/maps"));
        SoftErrorList errors = new();
        using RemoteMemory refused = new(NoSuchThread, $"/proc/{NoSuchThread}", errors, new SnapshotMemory());

        List<ModuleSnapshot> found = new ModuleFinder(map, refused, $"/proc/{victim.Pid}/root", errors, CaptureFailSpots.None)
            .Find(victim.FaultStart, program.Path);

        ProcessSnapshot whole = CaptureThread.Capture(victim);
        Assert.Equal(program.Path, found[0].Path);
        Assert.Equal(
            whole.Modules.Where(module => module.Path != "linux-gate.so").Select(Describe),
            found.Select(Describe));
        Assert.StartsWith("no memory could be read", Assert.Single(errors.ToArray()).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_range_is_read_up_to_its_first_missing_page_and_the_others_whole()
    {
        using VictimProcess victim = VictimProcess.Start(program, threads: 1);
        MemoryMap map = MemoryMap.Parse(File.ReadAllBytes($"/proc/{victim.Pid}/maps"));
        MemoryMapping last = map.Mappings.Last(mapping => mapping.Readable && mapping.Path == "[stack]");
        using RemoteMemory memory = new(victim.Pid, $"/proc/{victim.Pid}", new SoftErrorList(), new SnapshotMemory());
        MemoryRead[] reads =
        [
            new(victim.FaultStart, 16),
            new(last.End - 4_096, 1_048_576),
            new(8, 16),
            .. Enumerable.Range(0, 3_000).Select(i => new MemoryRead(victim.FaultStart + (ulong)(i % 8), 8)),
        ];

        memory.Read(reads);

        Assert.True(reads[0].IsWhole);
        Assert.Equal(4_096, reads[1].Count);
        Assert.Equal(0, reads[2].Count);
        Assert.All(reads.Skip(3), read => Assert.True(read.IsWhole));
        Assert.Equal(reads[0].Buffer[1..9], reads[4].Buffer);
    }

    private static string Describe(ModuleSnapshot module)
        => $"{module.Path} 0x{module.Address:x} {module.Size} {Convert.ToHexStringLower(module.BuildId)}";
}
