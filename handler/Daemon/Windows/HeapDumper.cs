using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Reports;
using CrashHandler.Protocol;
using Microsoft.Diagnostics.NETCore.Client;
using Serilog;

namespace CrashHandler.Handler.Daemon;

/// <summary>
/// Heap dumps beside minidumps: the runtime of a dying process is asked for one through its diagnostics port, and writes a minidump with its heap itself. Its threads run, but for the crashed one.
/// What fails costs the heap dump only.
/// </summary>
/// <param name="database">Where reports are.</param>
/// <param name="log">The handler's.</param>
internal sealed class HeapDumper(ReportDatabase database, Lazy<ILogger> log)
{
    /// <summary>Makes one.</summary>
    /// <param name="processId">The process.</param>
    /// <param name="reportId">Its report, which is in the making.</param>
    /// <param name="kind">As <see cref="RegistrationFields.HeapDump"/> has it. It may be anything.</param>
    /// <param name="sign">A sign of life, now and then.</param>
    /// <returns>Null: it is there. Else why not, in words.</returns>
    public string? Write(int processId, string reportId, string kind, Action sign)
    {
        try
        {
            DumpType type = TypeOf(kind);
            RequireRoom(processId, kind);
            string path = database.BeginHeapDump(reportId);
            Write(processId, type, path, sign);
            database.FileHeapDump(reportId);
            log.Value.Information("Report {Id} has a heap dump ({Kind}) of {Bytes} bytes", reportId, kind, new FileInfo(path[..^DurableFile.TemporarySuffix.Length]).Length);
            return null;
        }
        catch (Exception failure) when (failure is DatabaseException or SyscallException or IOException or UnauthorizedAccessException or InvalidDataException)
        {
            database.DiscardHeapDump(reportId);
            return failure.Message;
        }
    }

    private static DumpType TypeOf(string kind) => kind switch
    {
        RegistrationFields.HeapDumpMini => DumpType.Normal,
        RegistrationFields.HeapDumpHeap => DumpType.WithHeap,
        RegistrationFields.HeapDumpFull => DumpType.Full,
        _ => throw new InvalidDataException($"there is no kind of it called '{kind}'"),
    };

    private void RequireRoom(int processId, string kind)
    {
        using FileDescriptor process = ProcessFacts.Open(processId);
        long free = new DriveInfo(database.Path).AvailableFreeSpace;
        long needed = kind == RegistrationFields.HeapDumpMini ? DaemonLimits.SmallHeapDumpRoom : DaemonLimits.HeapDumpRoom * (long)ProcessFacts.Memory(process).WorkingSet;
        if (free < needed)
        {
            throw new IOException($"{free} bytes are free on the disk of the reports, and {needed} are needed; make room, or choose another directory for reports");
        }
    }

    private static void Write(int processId, DumpType type, string path, Action sign)
    {
        using CancellationTokenSource enough = new(DaemonLimits.HeapDump);
        Task written = new DiagnosticsClient(processId).WriteDumpAsync(type, path, logDumpGeneration: false, enough.Token);
        try
        {
            while (!written.Wait(DaemonLimits.HoldSign))
            {
                sign();
            }
        }
        catch (AggregateException failed) when (failed.InnerException is OperationCanceledException)
        {
            throw new IOException($"it was not done within {DaemonLimits.HeapDump.TotalSeconds} s");
        }
        catch (AggregateException failed) when (failed.InnerException is { } problem)
        {
            throw new IOException($"the runtime could not make it: {problem.Message.ReplaceLineEndings(" ").Trim()}", problem);
        }
    }
}
