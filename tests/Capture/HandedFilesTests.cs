using System.IO.Pipes;
using System.Runtime.InteropServices;
using CrashHandler.Handler.Capture;
using CrashHandler.Handler.Capture.Linux;
using CrashHandler.Handler.Posix;
using CrashHandler.Protocol;
using Xunit;

namespace CrashHandler.Tests.Capture;

/// <summary>What a process hands over of itself, honest or not: the real files, opened here in its place.</summary>
[Collection(nameof(VictimCollection))]
public sealed class HandedFilesTests(VictimProgram program)
{
    private const CaptureFailSpots Closed = CaptureFailSpots.MemoryCall | CaptureFailSpots.MemoryFile;
    private static readonly string[] s_names = ["mem", "maps", "auxv"];

    [Theory]
    [InlineData(CaptureFailSpots.None, CaptureAccess.Frozen)]
    [InlineData(CaptureFailSpots.MemoryCall, CaptureAccess.Frozen)]
    [InlineData(CaptureFailSpots.Seize, CaptureAccess.Running)]
    [InlineData(CaptureFailSpots.Seize | CaptureFailSpots.MemoryCall, CaptureAccess.Running)]
    [InlineData(Closed, CaptureAccess.HandedOver)]
    [InlineData(Closed | CaptureFailSpots.Seize, CaptureAccess.HandedOver)]
    [InlineData(Closed | CaptureFailSpots.HandOver, CaptureAccess.NoticeOnly)]
    internal void Each_step_is_taken_where_the_one_before_fails(CaptureFailSpots spots, CaptureAccess access)
    {
        using VictimProcess victim = VictimProcess.Start(program, threads: 2);
        int asked = 0;

        ProcessSnapshot snapshot = CaptureThread.Capture(
            victim.Request with
            {
                AskForMemory = () =>
                {
                    asked++;
                    return HandedFiles.Take(default(HandedOverPayload).ToBytes(), Open(victim.Pid));
                },
            },
            spots);

        Assert.Equal(access, snapshot.Access);
        Assert.Equal(access == CaptureAccess.HandedOver ? 1 : 0, asked);
        Assert.Equal(11, snapshot.Exception!.Signal);
        Assert.Equal(access != CaptureAccess.NoticeOnly, snapshot.Threads[0].Stack is { } stack && MemoryMarshal.Cast<byte, ulong>(stack.Bytes.Span[AlignedOffset(stack)..]).Contains(VictimProcess.CrashMarker));
        Assert.Equal(VictimProgram.BuildId, Convert.ToHexStringLower(snapshot.Modules[0].BuildId));
        Assert.Equal((spots & CaptureFailSpots.Seize) == 0, snapshot.Threads[1].Registers is not null);
        victim.AssertEveryThreadRuns();
    }

    /// <summary>Its procfs is another one, in which it has other numbers.</summary>
    [Theory]
    [InlineData("", CaptureAccess.HandedOver)]
    [InlineData("0", CaptureAccess.NoticeOnly)]
    internal void A_process_of_another_pid_namespace_hands_over_what_it_sees(string suffix, CaptureAccess access)
    {
        if (!Environment.IsPrivilegedProcess)
        {
            Assert.Skip("needs root: a pid namespace with a procfs of its own");
        }

        using VictimProcess victim = VictimProcess.Start(program, threads: 10, "segv", "unshare", "--pid", "--fork", "--mount-proc");
        Assert.Equal(1, victim.InnerPid);

        // Process 1 of that namespace; its tenth thread is not the one that reports.
        ProcessSnapshot snapshot = CaptureThread.Capture(
            victim.Request with
            {
                AskForMemory = () => HandedFiles.Take(
                    default(HandedOverPayload).ToBytes(),
                    [.. s_names.Select(name => OpenOne($"/proc/{victim.Pid}/root/proc/1/task/1{suffix}/{name}"))]),
            },
            Closed);

        Assert.Equal(access, snapshot.Access);
        Assert.Equal(access == CaptureAccess.HandedOver, snapshot.Threads[0].Stack is not null);
    }

    [Fact]
    public void What_was_handed_over_is_closed_at_the_end()
    {
        using VictimProcess victim = VictimProcess.Start(program, threads: 1);
        FileDescriptor[] files = Open(victim.Pid);

        CaptureThread.Capture(victim.Request with { AskForMemory = () => HandedFiles.Take(default(HandedOverPayload).ToBytes(), files) }, Closed);

        Assert.All(files, file => Assert.True(file.IsClosed));
    }

    [Theory]
    [InlineData("file")]
    [InlineData("pipe")]
    [InlineData("other-process")]
    [InlineData("other-name")]
    [InlineData("whole-process")]
    [InlineData("blocking")]
    public void What_is_not_the_threads_own_memory_is_not_read(string lie)
    {
        using VictimProcess victim = VictimProcess.Start(program, threads: 1);
        using AnonymousPipeServerStream pipe = new(PipeDirection.In);
        FileDescriptor[] files = Open(victim.Pid);
        files[0].Dispose();
        files[0] = lie switch
        {
            "pipe" => new FileDescriptor((int)pipe.ClientSafePipeHandle.DangerousGetHandle()),
            "file" => OpenOne(program.Path),
            "other-process" => OpenOne("/proc/thread-self/mem"),
            "other-name" => OpenOne($"/proc/{victim.Pid}/task/{victim.Pid}/environ"),
            "whole-process" => OpenOne($"/proc/{victim.Pid}/mem"),
            _ => OpenOne("/proc/sys/kernel/random/uuid"),
        };

        ProcessSnapshot snapshot = CaptureThread.Capture(victim.Request with { AskForMemory = () => HandedFiles.Take(default(HandedOverPayload).ToBytes(), files) }, Closed);

        SoftError refused = Assert.Single(snapshot.SoftErrors, error => error.Step == nameof(CaptureStep.HandOver));
        Assert.StartsWith("its mem is not taken: ", refused.Reason, StringComparison.Ordinal);
        Assert.Equal(CaptureAccess.NoticeOnly, snapshot.Access);
        Assert.Null(snapshot.Threads[0].Stack);
        Assert.All(files, file => Assert.True(file.IsClosed));
        pipe.ClientSafePipeHandle.SetHandleAsInvalid();
    }

    [Fact]
    public void A_process_that_does_not_answer_costs_its_memory_only()
    {
        using VictimProcess victim = VictimProcess.Start(program, threads: 1);

        ProcessSnapshot snapshot = CaptureThread.Capture(victim.Request with { AskForMemory = () => throw new IOException("no answer") }, Closed);

        Assert.Equal(CaptureAccess.NoticeOnly, snapshot.Access);
        Assert.Equal("no answer", Assert.Single(snapshot.SoftErrors, error => error.Step == nameof(CaptureStep.HandOver)).Reason);
        Assert.Equal(program.Path, snapshot.Modules[0].Path);
    }

    [Fact]
    public void What_it_could_not_open_is_said()
    {
        using HandedFiles files = HandedFiles.Take(new HandedOverPayload(13, 24, 1).ToBytes(), []);

        Assert.Equal(
            ["open its own mem: Permission denied (errno 13)", "open its own maps: Too many open files (errno 24)", "open its own auxv: Operation not permitted (errno 1)"],
            files.Problems);
        Assert.Null(files.Memory ?? files.Maps ?? files.AuxiliaryVector);
    }

    [Theory]
    [InlineData(0, 0, 0, 2)]
    [InlineData(0, 0, 0, 4)]
    [InlineData(13, 0, 0, 3)]
    [InlineData(13, 13, 13, 1)]
    public void Descriptors_that_it_does_not_name_are_not_taken(int memory, int maps, int vector, int count)
    {
        FileDescriptor[] files = [.. Enumerable.Range(0, count).Select(_ => OpenOne("/dev/null"))];

        Assert.Throws<MalformedFrameException>(() => HandedFiles.Take(new HandedOverPayload(memory, maps, vector).ToBytes(), files));

        Assert.All(files, file =>
        {
            Assert.False(file.IsClosed);
            file.Dispose();
        });
    }

    private static int AlignedOffset(MemorySnapshot stack) => (int)((8 - (stack.Address % 8)) % 8);

    private static FileDescriptor[] Open(int pid) => [.. s_names.Select(name => OpenOne($"/proc/{pid}/task/{pid}/{name}"))];

    private static FileDescriptor OpenOne(string path) => ProcFs.Open(path, Libc.O_RDONLY);
}
