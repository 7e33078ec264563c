using System.Runtime.ExceptionServices;
using CrashHandler.Handler.Capture;
using CrashHandler.Handler.Capture.Linux;
using CrashHandler.Handler.Minidump;
using CrashHandler.Handler.Minidump.Format;
using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Reports;
using CrashHandler.Handler.Stacks;
using CrashHandler.Handler.Walk;

namespace CrashHandler.Handler.Dump;

/// <summary>A minidump of a process that runs and goes on, whatever it is: it need know nothing of this.</summary>
internal static class ProcessDump
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    // The capture does not recurse.
    private const int StackBytes = 1 << 20;

    /// <summary>Makes one.</summary>
    /// <param name="processId">The process.</param>
    /// <param name="file">Where to; nothing may be there.</param>
    /// <exception cref="ProcessDumpException">There is no such process, it may not be dumped, or something is at <paramref name="file"/>.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">Likewise.</exception>
    public static DumpOutcome Run(int processId, string file)
    {
        string path = Path.GetFullPath(file);
        RequireFree(path);
        ulong startTime = RequireProcess(processId);
        DumpOutcome? outcome = null;
        ExceptionDispatchInfo? failure = null;

        // The kernel knows a tracer by its thread, and lets go what that could not when it ends.
        Thread tracer = new(() =>
        {
            try
            {
                outcome = Write(processId, startTime, path);
            }
            catch (Exception caught)
            {
                failure = ExceptionDispatchInfo.Capture(caught);
            }
        }, StackBytes)
        { Name = "dump" };
        tracer.Start();
        tracer.Join();
        failure?.Throw();
        return outcome!;
    }

    private static void RequireFree(string path)
    {
        if (Path.Exists(path))
        {
            throw new ProcessDumpException($"'{path}' is there already; move it away, or name another file with -o");
        }

        if (Path.GetDirectoryName(path) is { } directory && !Directory.Exists(directory))
        {
            throw new ProcessDumpException($"there is no directory '{directory}'; make it, or name another file with -o");
        }
    }

    private static ulong RequireProcess(int processId)
    {
        try
        {
            byte[] status = ProcFs.Read($"/proc/{processId}/status", CaptureLimits.ProcFileBytes, out _);
            int process = ProcStatus.ThreadGroup(status);
            return process == processId ? ProcStat.ReadStartTime(processId)
                : throw new ProcessDumpException($"{processId} is a thread of process {process}; name that");
        }
        catch (SyscallException gone) when (gone.Errno is Libc.ENOENT or Libc.ESRCH)
        {
            throw new ProcessDumpException($"there is no process {processId} here", gone);
        }
    }

    private static DumpOutcome Write(int processId, ulong startTime, string path)
    {
        using ProcessSnapshot snapshot = TakeSnapshot(processId, startTime, out TimeSpan frozen, out WalkAnswer? stacks);
        using WalkAnswer? answer = stacks;
        string temporary = $"{path}.{Guid.NewGuid():N}{DurableFile.TemporarySuffix}";
        try
        {
            MinidumpWriter writer = MinidumpWriter.LayOut(snapshot, new MinidumpAnnotations(Guid.NewGuid(), Guid.Empty, new Dictionary<string, string>()));
            long length;
            using (FileStream dump = new(temporary, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, UnixCreateMode = OwnerOnly, BufferSize = 0 }))
            {
                writer.WriteTo(dump);
                length = answer is null ? writer.Length : AppendedStream.Append(dump.SafeFileHandle, MinidumpStreamType.CrashHandlerStacks, answer.Document.Span);
                dump.Flush(flushToDisk: true);
            }

            // Not over what came there meanwhile.
            RequireFree(path);
            File.Move(temporary, path, overwrite: false);
            return new DumpOutcome(path, length, snapshot.Threads.Count, frozen, writer.SoftErrors.Count);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private static WalkAnswer? Walk(ProcessSnapshot snapshot, FrozenProcess frozen)
    {
        try
        {
            using WalkInput input = WalkInput.Of(snapshot, frozen, new WalkFacts { Limit = StacksLimits.OfDemand });
            return new StackWalk().Run(input, frozen, StacksLimits.OfDemand, StacksLimits.OfDemand, () => { }, _ => { });
        }
        catch (Exception failure) when (failure is SyscallException or IOException or InvalidDataException)
        {
            // There is no descriptor or memory to even say so in a document: the dump is worth more than that.
            return null;
        }
    }

    private static ProcessSnapshot TakeSnapshot(int processId, ulong startTime, out TimeSpan frozenTime, out WalkAnswer? stacks)
    {
        try
        {
            // What takes time and is the same at any time, before the process stands still.
            Machine.Prepare();
            using FrozenProcess frozen = FrozenProcess.Freeze(new CaptureRequest { ProcessId = processId, StartTime = startTime });
            ProcessSnapshot snapshot = frozen.TakeSnapshot();
            stacks = Walk(snapshot, frozen);
            frozen.Dispose();
            frozenTime = frozen.FrozenTime;
            return snapshot;
        }
        catch (CaptureException refused)
        {
            throw new ProcessDumpException($"process {processId} cannot be dumped: {refused.Reason}", refused);
        }
    }
}
