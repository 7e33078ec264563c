using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Reports;
using CrashHandler.Protocol;
using Microsoft.Diagnostics.NETCore.Client;
using Serilog;

namespace CrashHandler.Handler.Daemon;

/// <summary>
/// Heap dumps beside minidumps: the runtime of a dying process is asked for one through its diagnostics port. A thread of the process answers, so the process must not be frozen. What fails costs
/// the heap dump only. How the runtime is asked, each system's <see cref="HeapDumpRequest"/> knows.
/// </summary>
/// <param name="database">Where reports are.</param>
/// <param name="log">The handler's.</param>
/// <param name="limit">How long one may take; null: <see cref="DaemonLimits.HeapDump"/>.</param>
internal sealed class HeapDumper(ReportDatabase database, Lazy<ILogger> log, TimeSpan? limit = null)
{
    /// <summary>Makes one.</summary>
    /// <param name="processId">The process, whose threads run.</param>
    /// <param name="reportId">Its report, which is in the making.</param>
    /// <param name="kind">As <see cref="RegistrationFields.HeapDump"/> has it. It may be anything.</param>
    /// <param name="sign">A sign of life, now and then.</param>
    /// <returns>Null: it is there. Else why not, in words.</returns>
    public string? Write(int processId, string reportId, string kind, Action sign)
    {
        try
        {
            DumpType type = TypeOf(kind);
            using HeapDumpRequest request = HeapDumpRequest.To(processId);
            RequireRoom(request, kind);
            string path = database.BeginHeapDump(reportId);
            Write(request, type, path, sign);
            database.FileHeapDump(reportId);
            log.Value.Information("Report {Id} has a heap dump ({Kind}) of {Bytes} bytes", reportId, kind, new FileInfo(path[..^DurableFile.TemporarySuffix.Length]).Length);
            return null;
        }
        catch (Exception failure) when (HeapDumpRequest.IsRefusal(failure) || failure is DatabaseException or SyscallException or IOException or UnauthorizedAccessException or InvalidDataException)
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

    /// <summary>What is wrong with the room for a heap dump; null: nothing. Pure.</summary>
    /// <param name="kind">As <see cref="RegistrationFields.HeapDump"/> has it.</param>
    /// <param name="residentBytes">Of the process.</param>
    /// <param name="freeBytes">On the disk.</param>
    internal static string? RoomProblem(string kind, long residentBytes, long freeBytes)
    {
        long needed = kind == RegistrationFields.HeapDumpMini ? DaemonLimits.SmallHeapDumpRoom : DaemonLimits.HeapDumpRoom * residentBytes;
        return freeBytes >= needed ? null
            : $"{freeBytes} bytes are free on the disk of the reports, and {needed} are needed; make room, or choose another directory for reports";
    }

    private void RequireRoom(HeapDumpRequest request, string kind)
    {
        if (RoomProblem(kind, request.ResidentBytes(), new DriveInfo(database.Path).AvailableFreeSpace) is { } problem)
        {
            throw new IOException(problem);
        }
    }

    private void Write(HeapDumpRequest request, DumpType type, string path, Action sign)
    {
        TimeSpan patience = limit ?? DaemonLimits.HeapDump;
        Task written = request.Begin(type, path);
        if (!Wait(written, patience, sign))
        {
            string end = request.GiveUp();
            _ = Wait(written, DaemonLimits.HeapDumpEnd, sign);
            throw new IOException($"it was not done within {patience.TotalSeconds} s{end}");
        }

        HeapDumpRequest.RequireDump(path);
    }

    /// <returns>False: it is not done yet, or was given up.</returns>
    private static bool Wait(Task written, TimeSpan limit, Action sign)
    {
        try
        {
            for (TimeSpan left = limit; left > TimeSpan.Zero; left -= DaemonLimits.HoldSign)
            {
                sign();
                if (written.Wait(left < DaemonLimits.HoldSign ? left : DaemonLimits.HoldSign))
                {
                    return true;
                }
            }

            return false;
        }
        catch (AggregateException failed) when (failed.InnerException is OperationCanceledException)
        {
            return false;
        }
        catch (AggregateException failed) when (failed.InnerException is { } problem)
        {
            throw new IOException($"the runtime could not make it: {problem.Message.ReplaceLineEndings(" ").Trim()}", problem);
        }
    }
}
