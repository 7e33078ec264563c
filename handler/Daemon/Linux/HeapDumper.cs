using CrashHandler.Handler.Attach;
using CrashHandler.Handler.Capture.Linux;
using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Reports;
using CrashHandler.Protocol;
using Microsoft.Diagnostics.NETCore.Client;
using Serilog;

namespace CrashHandler.Handler.Daemon;

/// <summary>
/// Heap dumps beside minidumps: the runtime of a dying process is asked for an ELF core through its diagnostics port, and forks its createdump for it. A
/// thread of the process answers, so the process must not be frozen. What fails costs the heap dump only.
/// </summary>
/// <param name="database">Where reports are.</param>
/// <param name="log">The handler's.</param>
/// <param name="limit">How long one may take; null: <see cref="DaemonLimits.HeapDump"/>.</param>
internal sealed class HeapDumper(ReportDatabase database, Lazy<ILogger> log, TimeSpan? limit = null)
{
    private const int SIGKILL = 9;
    private const int ResidentPagesField = 1;

    private static ReadOnlySpan<byte> ElfMagic => [0x7F, (byte)'E', (byte)'L', (byte)'F'];

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
            AttachTarget target = new(processId);
            string socket = target.LastDiagnosticsSocket() ?? throw new AttachException(
                $"the process has no diagnostics port in '{target.TempDirectory}': it was started with DOTNET_EnableDiagnostics=0, changed its TMPDIR, or is compiled ahead of time (NativeAOT)");
            RequireRoom(processId, kind);
            string path = database.BeginHeapDump(reportId);
            RequireSight(processId, path);
            Write(processId, socket, type, path, sign);
            RequireCore(path);
            database.FileHeapDump(reportId);
            log.Value.Information("Report {Id} has a heap dump ({Kind}) of {Bytes} bytes", reportId, kind, new FileInfo(path[..^DurableFile.TemporarySuffix.Length]).Length);
            return null;
        }
        catch (Exception failure) when (failure is AttachException or DatabaseException or SyscallException or IOException or UnauthorizedAccessException or InvalidDataException)
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

    private void RequireRoom(int processId, string kind)
    {
        if (RoomProblem(kind, ResidentBytes(processId), new DriveInfo(database.Path).AvailableFreeSpace) is { } problem)
        {
            throw new IOException(problem);
        }
    }

    private static long ResidentBytes(int processId)
    {
        string path = $"/proc/{processId}/statm";
        string[] pages = System.Text.Encoding.ASCII.GetString(ProcFs.Read(path, AttachLimits.ProcFileBytes, out _)).Split(' ');
        return pages.Length > ResidentPagesField && long.TryParse(pages[ResidentPagesField], out long resident) ? resident * Environment.SystemPageSize
            : throw new InvalidDataException($"{path} does not say how much memory is resident");
    }

    // createdump opens the file, where the process is at home.
    private static void RequireSight(int processId, string path)
    {
        string directory = Path.GetDirectoryName(path)!;
        if (!Directory.Exists($"/proc/{processId}/root{directory}"))
        {
            throw new IOException($"the process sees another file system, without '{directory}'; run it and its handler in one container");
        }
    }

    private void Write(int processId, string socket, DumpType type, string path, Action sign)
    {
        TimeSpan patience = limit ?? DaemonLimits.HeapDump;
        using DiagnosticsPort port = DiagnosticsPort.Connect(processId, socket);
        Task written = port.WriteDump(type, path);
        if (Wait(written, patience, sign))
        {
            return;
        }

        string killed = KillCreatedump(processId);
        _ = Wait(written, DaemonLimits.HeapDumpEnd, sign);
        throw new IOException($"it was not done within {patience.TotalSeconds} s{killed}");
    }

    /// <returns>False: it is not done yet.</returns>
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
        catch (AggregateException failed) when (failed.InnerException is { } problem)
        {
            throw new AttachException($"the runtime could not make it: {problem.Message.ReplaceLineEndings(" ").Trim()}", problem);
        }
    }

    // It holds every thread of the process, the one that waits for us included: the process could not even die.
    private static string KillCreatedump(int processId)
    {
        int tracer = ProcStatus.TracerPid(ProcFs.Read($"/proc/{processId}/status", AttachLimits.ProcFileBytes, out _));
        if (tracer == 0 || ProcStatus.ParentPid(ProcFs.Read($"/proc/{tracer}/status", AttachLimits.ProcFileBytes, out _)) != processId)
        {
            return "";
        }

        return Libc.kill(tracer, SIGKILL) == 0 ? $"; its createdump, process {tracer}, was killed" : $"; {SyscallException.Last("kill", $"{tracer}").Message}";
    }

    private static void RequireCore(string path)
    {
        if (!File.Exists(path))
        {
            throw new InvalidDataException($"the runtime says that it made it, and there is none; of a single-file program it makes only {nameof(DumpType.Full)}");
        }

        using FileStream core = DurableFile.OpenStream(path);
        Span<byte> magic = stackalloc byte[ElfMagic.Length];
        if (core.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false) != magic.Length || !magic.SequenceEqual(ElfMagic))
        {
            throw new InvalidDataException("the runtime says that it made it, and the file is none");
        }
    }
}
