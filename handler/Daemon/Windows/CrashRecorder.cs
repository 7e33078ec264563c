using CrashHandler.Handler.Capture;
using CrashHandler.Handler.Capture.Windows;
using CrashHandler.Handler.Minidump;
using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Reports;
using CrashHandler.Handler.Stacks;
using CrashHandler.Handler.Stacks.Document;
using CrashHandler.Handler.Walk;
using CrashHandler.Protocol;
using Microsoft.Win32.SafeHandles;

namespace CrashHandler.Handler.Daemon;

/// <summary>
/// What of it is Windows's: the system's own dump, completed to a report's. The process waits for its release; its threads run but while the dump is written.
/// </summary>
internal sealed partial class CrashRecorder
{
    private const string NoWalk = "the runtime's own data is not read on Windows";
    private const string NoExceptionPointers = "it said nothing of the exception's registers";
    private const string Runtime = "coreclr.dll";

    /// <summary>Makes the report.</summary>
    /// <exception cref="DatabaseException">The report cannot be kept.</exception>
    /// <exception cref="IOException">Likewise.</exception>
    public WrittenReport Capture(CaptureJob job)
    {
        long began = time.GetTimestamp();
        if (job.Demand is { } demand)
        {
            ReleaseOutcome answered = RecordDemand(job, demand);
            return new WrittenReport(job, began, takesLong: false, () => answered);
        }

        if (job.Ended is { } ended)
        {
            return new WrittenReport(job, began, takesLong: false, () => RecordEnd(job, ended));
        }

        Guid clientId = ClientId();
        WindowsCrashNotice notice = WindowsCrashNotice.Parse(job.Notice);
        DateTimeOffset died = TimeOf(notice);
        // Of a process that was gone before its notice was read the start time is not known, and so not the id that another handler gave its report.
        if (job.Identity.StartTime == 0 && ToldDeaths.Find(database, job.Identity.ProcessId, died, time.GetUtcNow() - DaemonLimits.SameDeath) is { } told)
        {
            log.Value.Information("The end of pid {Client} is report {Id}, which another handler made", job.Identity.ProcessId, told);
            return new WrittenReport(job, began, takesLong: false, () => ReleaseOutcome.Reported);
        }

        Guid id = DeathId.Of(clientId, job.Identity.StartTime, job.Identity.ProcessId, notice.ThreadId, notice.Time);
        PendingReport? report = database.BeginReport(id, step => Filing(job, step));
        if (report is null)
        {
            log.Value.Information("Report {Id} of pid {Client} is there already: another handler made it", id.ToString(), job.Identity.ProcessId);
            CountRun(job, ReadRegistration(job), id.ToString());
            return new WrittenReport(job, began, takesLong: false, () => ReleaseOutcome.Reported);
        }

        try
        {
            return WriteDeath(job, report, notice, clientId, began);
        }
        catch
        {
            report.Dispose();
            throw;
        }
    }

    private WrittenReport WriteDeath(CaptureJob job, PendingReport report, WindowsCrashNotice notice, Guid clientId, long began)
    {
        Registration registration = ReadRegistration(job);
        SoftErrorList softErrors = new();
        using SafeFileHandle scratch = ScratchFile.Create(report.DumpPath);
        TargetProcess? process = null;
        ReportRecord record;
        try
        {
            process = TargetProcess.Open(job.Identity.ProcessId, job.Identity.StartTime);
            WriteDump(job, process, scratch, registration, ExceptionOf(process, notice, softErrors));
            Pass(job, CrashStep.SnapshotTaken);
            CompletedDump dump = Complete(job, report, scratch, registration, clientId, IsDotNet(job, notice), softErrors, out Dictionary<string, string> parameters);
            record = RecordOf(job, report, registration, parameters, dump.SoftErrors) with { Executable = process.ImagePath, DumpBytes = dump.Length };
            record = Died(record, registration, notice, began);
            report.Write(record, dump.WriteTo);
        }
        catch (CaptureException gone)
        {
            // Killed before it was looked at, or not to be looked at: its notice is worth a report.
            softErrors.Add(gone.Step, $"process {gone.ProcessId}", gone.Reason);
            record = RecordOf(job, report, registration, ParametersOf(job, registration, clientId, IsDotNet(job, notice), runtime: null), softErrors.ToArray()) with
            {
                HasDump = false,
                Access = CaptureAccess.NoticeOnly.ToString(),
                Executable = process?.ImagePath ?? "",
                IsSanitized = false,
                HasEnvironment = false,
            };
            record = Died(record, registration, notice, began);
            report.Write(record, _ => { });
        }
        finally
        {
            process?.Dispose();
        }

        AddStacks(job, report, registration, notice.ThreadId, IsDotNet(job, notice), record.HasDump);
        bool takesLong = registration.Fields.ContainsKey(RegistrationFields.HeapDump) || registration.Fields.ContainsKey(RegistrationFields.WaitForUpload);
        return new WrittenReport(job, began, takesLong, () => FileDeath(job, report, registration, record));
    }

    private ReleaseOutcome FileDeath(CaptureJob job, PendingReport report, Registration registration, ReportRecord record)
    {
        using (report)
        {
            job.Touch(time.GetTimestamp());
            report.File(HeapDumpFor(job, registration));
            Pass(job, CrashStep.Recorded);
            log.Value.Information(
                "Report {Id}: pid {Client} ({ProcessType}), {Reason}, {Bytes} bytes, {SoftErrors} soft errors, {Milliseconds:0.0} ms",
                record.Id, record.ProcessId, record.ProcessType, record.Reason, record.DumpBytes, record.SoftErrors.Count, record.CaptureMilliseconds);
            CountRun(job, registration, record.Id);
            Hold(job, registration, record.Id);
            return ReleaseOutcome.Reported;
        }
    }

    /// <summary>A report of a process that lives on: it stands still while the system dumps it.</summary>
    private ReleaseOutcome RecordDemand(CaptureJob job, CaptureDemand demand)
    {
        try
        {
            long began = time.GetTimestamp();
            Guid clientId = ClientId();
            Guid id = Guid.NewGuid();
            using PendingReport report = database.BeginReport(id, step => Pass(job, step)) ?? throw new DatabaseException($"there is a report {id} already");
            Registration registration = ReadRegistration(job);
            SoftErrorList softErrors = new();
            using SafeFileHandle scratch = ScratchFile.Create(report.DumpPath);
            using TargetProcess process = TargetProcess.Open(job.Identity.ProcessId, job.Identity.StartTime);
            using RequestingThread? asking = Requester(process, demand, softErrors);
            long stopped = time.GetTimestamp();
            WriteDump(job, process, scratch, registration, asking?.Exception);
            TimeSpan frozen = time.GetElapsedTime(stopped);
            Pass(job, CrashStep.SnapshotTaken);
            bool isDotNet = job.Hooks.HasFlag(Hooks.DotNet);
            CompletedDump dump = Complete(job, report, scratch, registration, clientId, isDotNet, softErrors, out Dictionary<string, string> parameters);
            ReportRecord record = RecordOf(job, report, registration, parameters, dump.SoftErrors) with
            {
                Executable = process.ImagePath,
                DumpBytes = dump.Length,
                ThreadId = demand.ThreadId,
                Reason = DemandReason(demand.Reason),
                CaptureReason = demand.Reason,
                FrozenMilliseconds = frozen.TotalMilliseconds,
                CaptureMilliseconds = time.GetElapsedTime(began).TotalMilliseconds,
            };
            report.Write(record, dump.WriteTo);
            report.File();
            Pass(job, CrashStep.Recorded);
            log.Value.Information(
                "Report {Id}: pid {Client} ({ProcessType}) asked for it, {Threads} threads, {SoftErrors} soft errors, frozen for {Frozen:0.0} ms: {Why}",
                record.Id, record.ProcessId, record.ProcessType, dump.Threads, record.SoftErrors.Count, frozen.TotalMilliseconds, demand.Reason);
            demand.ReportId = id;
            return ReleaseOutcome.Reported;
        }
        catch (Exception failure) when (failure is CaptureException or DatabaseException or SyscallException or IOException or InvalidDataException)
        {
            log.Value.Warning("No report for pid {Client}, which asked for one: {Reason}", job.Identity.ProcessId, failure.Message);
            demand.Problem = failure is CaptureException capture ? capture.Reason : failure.Message;
            return ReleaseOutcome.NotReported;
        }
    }

    private void WriteDump(CaptureJob job, TargetProcess process, SafeFileHandle scratch, Registration registration, DumpedException? exception)
    {
        Pass(job, CrashStep.Frozen);
        using DumpProgress progress = new(() => job.Touch(time.GetTimestamp()), time);
        SystemDump.Write(
            process, scratch, DumpTypes.Of(IsSanitized(registration), registration.Says(RegistrationFields.IncludeEnvironment)), exception, options.OmittedModules, progress);
    }

    /// <summary>What the notice says of its exception's place, if it is there; a client that knows none, or lies, costs the dump its exception only.</summary>
    private static DumpedException? ExceptionOf(TargetProcess process, in WindowsCrashNotice notice, SoftErrorList softErrors)
    {
        string subject = $"tid {notice.ThreadId}";
        if (notice.PointersAddress == 0)
        {
            softErrors.Add(CaptureStep.ThreadRegisters, subject, NoExceptionPointers);
            return null;
        }

        DumpedException? found = null;
        uint thread = (uint)notice.ThreadId;
        ulong pointers = notice.PointersAddress;
        softErrors.Try(CaptureStep.ThreadRegisters, subject, () => found = DumpedException.InProcess(process, thread, pointers));
        return found;
    }

    private static RequestingThread? Requester(TargetProcess process, CaptureDemand demand, SoftErrorList softErrors)
    {
        try
        {
            return RequestingThread.Of(process, (uint)demand.ThreadId);
        }
        catch (CaptureException unknown)
        {
            softErrors.Add(unknown.Step, $"tid {demand.ThreadId}", unknown.Reason);
            return null;
        }
    }

    private CompletedDump Complete(
        CaptureJob job, PendingReport report, SafeFileHandle scratch, Registration registration, Guid clientId, bool isDotNet, SoftErrorList softErrors, out Dictionary<string, string> parameters)
    {
        try
        {
            WrittenDump written = new(scratch);
            parameters = ParametersOf(job, registration, clientId, isDotNet, written.VersionOf(Runtime));
            return CompletedDump.LayOut(written, new MinidumpAnnotations(report.Id, clientId, parameters), softErrors.ToArray());
        }
        catch (InvalidDataException broken)
        {
            throw new CaptureException(CaptureStep.Memory, job.Identity.ProcessId, broken.Message, broken);
        }
    }

    private ReportRecord RecordOf(CaptureJob job, PendingReport report, Registration registration, Dictionary<string, string> parameters, IReadOnlyList<SoftError> softErrors)
    {
        List<string> problems = [.. softErrors.Select(error => $"{error.Step} {error.Subject}: {error.Reason}")];
        IReadOnlyList<string> attachments = AttachmentCollector.Collect(report, registration.Attachments, () => job.Touch(time.GetTimestamp()), problems);
        return new ReportRecord
        {
            Id = report.Id.ToString(),
            State = ReportState.Pending,
            Access = CaptureAccess.Frozen.ToString(),
            Created = time.GetUtcNow(),
            ProcessId = job.Identity.ProcessId,
            ThreadId = 0,
            ProcessType = parameters[ReportParameters.ProcessType],
            Executable = "",
            Reason = "",
            Signal = 0,
            Code = 0,
            Address = 0,
            Delivery = DeliveryOf(registration),
            Attachments = attachments,
            Parameters = parameters,
            SoftErrors = problems,
            IsSanitized = IsSanitized(registration),
            HasEnvironment = registration.Says(RegistrationFields.IncludeEnvironment),
        };
    }

    /// <summary>Adds what it died of: number and flags as an exception stream has them, in the places of a signal's.</summary>
    private ReportRecord Died(ReportRecord record, Registration registration, in WindowsCrashNotice notice, long began)
    {
        ReadOnlySpan<ulong> all = [notice.Parameter0, notice.Parameter1, notice.Parameter2, notice.Parameter3];
        ReadOnlySpan<ulong> parameters = all[..(int)notice.ParameterCount];
        return record with
        {
            Created = TimeOf(notice),
            ThreadId = notice.ThreadId,
            Reason = ExceptionCodes.Describe(notice.ExceptionCode, notice.ExceptionFlags, parameters),
            Signal = unchecked((int)notice.ExceptionCode),
            Code = unchecked((int)notice.ExceptionFlags),
            Address = ExceptionCodes.AddressOf(notice.ExceptionCode, notice.ExceptionAddress, parameters),
            Exception = ExceptionOf(registration),
            CaptureMilliseconds = time.GetElapsedTime(began).TotalMilliseconds,
        };
    }

    /// <summary>The document of what the process said of its exception: on Windows nobody asks its runtime.</summary>
    private void AddStacks(CaptureJob job, PendingReport report, Registration registration, int threadId, bool isDotNet, bool hasDump)
    {
        ReportException? exception = ExceptionOf(registration);
        StackDocument document = FallbackDocument.Of(
            new WalkRequest
            {
                ProcessId = job.Identity.ProcessId,
                UserId = WalkRequest.NoUser,
                GroupId = WalkRequest.NoUser,
                IsDotNet = isDotNet,
                LeavesOutMessages = IsSanitized(registration),
                Limit = TimeSpan.Zero,
                HasCrashed = true,
                Threads = [new WalkThread(threadId, "", Registers: null)],
                Modules = [],
                Maps = [],
                ExceptionType = exception?.Type,
                ExceptionMessage = exception?.Message,
                ExceptionText = exception?.Text,
            },
            isDotNet ? NoWalk : null);
        AddStacks(job, report, StackDocumentJson.Encode(document), StackSummary.Of(document), hasDump);
    }

    private Dictionary<string, string> ParametersOf(CaptureJob job, Registration registration, Guid clientId, bool isDotNet, string? runtime)
    {
        bool hasRuntime = isDotNet || runtime is not null;
        string processType = registration.Fields.GetValueOrDefault(RegistrationFields.ProcessType) ?? UnsaidProcessType.Read(job.Identity.ProcessId, job.Identity.ProcessId);
        return ReportParameters.Of(registration, options.Annotations, clientId, hasRuntime ? DotNet : Native, runtime ?? (hasRuntime ? "" : HandlerVersion.Text), processType);
    }

    private static bool IsDotNet(CaptureJob job, in WindowsCrashNotice notice) => job.Hooks.HasFlag(Hooks.DotNet) || notice.Flags.HasFlag(NoticeFlags.DotNet);

    private DateTimeOffset TimeOf(in WindowsCrashNotice notice)
        => notice.Time is not 0 and var unix ? DateTimeOffset.UnixEpoch.AddTicks(unix / TimeSpan.NanosecondsPerTick) : time.GetUtcNow();

    private Func<ReportRecord, ReportRecord>? HeapDumpFor(CaptureJob job, Registration registration)
        => registration.Fields.TryGetValue(RegistrationFields.HeapDump, out string? kind) ? record => WithHeapDump(job, record, kind) : null;
}
