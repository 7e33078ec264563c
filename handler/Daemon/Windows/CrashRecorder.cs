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
/// What of it is Windows's: the system's own dump, completed to a report's. The process waits for its release; it is held still until dump and stacks are there.
/// </summary>
internal sealed partial class CrashRecorder
{
    private const string NoWalk = "the process was gone before its runtime could be asked";
    private const string NoExceptionPointers = "it said nothing of the exception's registers";
    private const string NoEnvironment = "left out: a sanitized dump of Windows has no memory but stacks and code";
    private const string Runtime = "coreclr.dll";

    private static ToldDeath DeathOf(CaptureJob job)
    {
        WindowsCrashNotice notice = WindowsCrashNotice.Parse(job.Notice);
        return new ToldDeath(job.Identity.ProcessId, notice.ThreadId, notice.Time);
    }

    private WrittenReport WriteDeath(CaptureJob job, PendingReport report, Guid clientId, long began)
    {
        WindowsCrashNotice notice = WindowsCrashNotice.Parse(job.Notice);
        Registration registration = ReadRegistration(job);
        bool isSanitized = IsSanitized(registration);
        SoftErrorList softErrors = new();
        TargetProcess? process = null;
        HeldProcess? held = null;
        ReportRecord record;
        try
        {
            try
            {
                process = TargetProcess.Open(job.Identity.ProcessId, job.Identity.StartTime);
                held = HeldProcess.Prepare(process, time);
                using SafeFileHandle scratch = ScratchFile.Create(report.DumpPath);
                WriteDump(job, process, held, scratch, registration, isSanitized, ExceptionOf(process, notice, softErrors), softErrors);
                Pass(job, CrashStep.SnapshotTaken);
                CompletedDump dump = Complete(job, report, scratch, registration, clientId, IsDotNet(job, notice), softErrors, out Dictionary<string, string> parameters);
                record = RecordOf(job, report, registration, isSanitized, parameters, dump.SoftErrors) with { Executable = process.ImagePath, DumpBytes = dump.Length };
                record = Died(job, record, registration, notice, began);
                report.Write(record, dump.WriteTo);
            }
            catch (CaptureException gone)
            {
                // Killed before it was looked at, or not to be looked at: its notice is worth a report.
                softErrors.Add(gone.Step, $"process {gone.ProcessId}", gone.Reason);
                record = RecordOf(job, report, registration, isSanitized, ParametersOf(job, registration, clientId, IsDotNet(job, notice), runtime: null), softErrors.ToArray()) with
                {
                    HasDump = false,
                    Access = CaptureAccess.NoticeOnly.ToString(),
                    Executable = process?.ImagePath ?? "",
                    IsSanitized = false,
                    HasEnvironment = false,
                };
                record = Died(job, record, registration, notice, began);
                report.Write(record, _ => { });
            }

            AddStacks(job, report, process, notice, FactsOf(job, registration, isSanitized, IsDotNet(job, notice)), record.HasDump);
        }
        finally
        {
            held?.Dispose();
            process?.Dispose();
        }

        return new WrittenReport(job, began, TakesLong(registration), () => FileDeath(job, report, registration, record));
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

    /// <summary>It stands still while the system dumps it.</summary>
    private ReportRecord WriteDemand(CaptureJob job, CaptureDemand demand, PendingReport report, Guid clientId, long began, out int threads)
    {
        Registration registration = ReadRegistration(job);
        bool isSanitized = IsSanitized(registration);
        SoftErrorList softErrors = new();
        using SafeFileHandle scratch = ScratchFile.Create(report.DumpPath);
        using TargetProcess process = TargetProcess.Open(job.Identity.ProcessId, job.Identity.StartTime);
        using HeldProcess held = HeldProcess.Prepare(process, time);
        using RequestingThread? asking = Requester(process, demand, softErrors);
        WriteDump(job, process, held, scratch, registration, isSanitized, asking?.Exception, softErrors);
        bool isDotNet = job.Hooks.HasFlag(Hooks.DotNet);
        using WalkAnswer? answer = Walk(job, report, process, new WalkSubject(demand.ThreadId, Code: 0, Registers: null), FactsOf(job, registration, isSanitized, isDotNet));
        held.LetGo();
        Pass(job, CrashStep.SnapshotTaken);
        CompletedDump dump = Complete(job, report, scratch, registration, clientId, isDotNet, softErrors, out Dictionary<string, string> parameters);
        ReportRecord record = RecordOf(job, report, registration, isSanitized, parameters, dump.SoftErrors) with { Executable = process.ImagePath, DumpBytes = dump.Length, ThreadId = demand.ThreadId };
        record = Demanded(record, demand, held.Time, began);
        report.Write(record, dump.WriteTo);
        AddStacks(job, report, answer);
        threads = dump.Threads;
        return record;
    }

    /// <summary>Holds the process, which stays so when this returns, and has the system write its dump.</summary>
    private void WriteDump(
        CaptureJob job, TargetProcess process, HeldProcess held, SafeFileHandle scratch, Registration registration, bool isSanitized, DumpedException? exception, SoftErrorList softErrors)
    {
        if (held.AwaitGuard() is { } problem)
        {
            log.Value.Warning("Pid {Client} is held still without a guard: {Reason}", job.Identity.ProcessId, problem);
            softErrors.Add(CaptureStep.Detach, HoldGuard.Verb, problem);
        }

        CodeRanges? code = null;
        using DumpProgress progress = new(() => job.Touch(time.GetTimestamp()), time);
        using (SystemDump dump = SystemDump.Begin(process, progress, options.OmittedModules, step => options.FailSpot?.Pass(step)))
        {
            held.Hold();
            Pass(job, CrashStep.Frozen);
            dump.Write(held, scratch, DumpTypes.Of(isSanitized, HasEnvironment(registration, isSanitized)), exception);
            code = isSanitized ? CodeRanges.Of(process) : null;
        }

        if (code is not null)
        {
            Sanitize(job, scratch, code, softErrors);
            if (registration.Says(RegistrationFields.IncludeEnvironment))
            {
                softErrors.Add(CaptureStep.Sanitize, "environment", NoEnvironment);
            }
        }
    }

    private static void Sanitize(CaptureJob job, SafeFileHandle scratch, CodeRanges code, SoftErrorList softErrors)
    {
        try
        {
            SanitizedDump.Replace(scratch, code.Holds, softErrors);
        }
        catch (Exception failure)
        {
            // Whatever it is: there is no dump then, and nothing stays as it was.
            throw new CaptureException(CaptureStep.Sanitize, job.Identity.ProcessId, failure.Message, failure);
        }

        softErrors.Add(CaptureStep.Sanitize, "process", StackSanitizer.Note);
        if (code.Problem is { } problem)
        {
            softErrors.Add(CaptureStep.Sanitize, "code", problem);
        }
    }

    // It would lie among the memory that a sanitized dump has not.
    private static bool HasEnvironment(Registration registration, bool isSanitized) => registration.Says(RegistrationFields.IncludeEnvironment) && !isSanitized;

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

    private ReportRecord RecordOf(CaptureJob job, PendingReport report, Registration registration, bool isSanitized, Dictionary<string, string> parameters, IReadOnlyList<SoftError> softErrors)
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
            IsSanitized = isSanitized,
            HasEnvironment = HasEnvironment(registration, isSanitized),
        };
    }

    /// <summary>Adds what it died of: number and flags as an exception stream has them, in the places of a signal's.</summary>
    private ReportRecord Died(CaptureJob job, ReportRecord record, Registration registration, in WindowsCrashNotice notice, long began)
    {
        ReadOnlySpan<ulong> all = [notice.Parameter0, notice.Parameter1, notice.Parameter2, notice.Parameter3];
        ReadOnlySpan<ulong> parameters = all[..(int)notice.ParameterCount];
        return record with
        {
            Created = DeathOf(job).At(time),
            ThreadId = notice.ThreadId,
            Reason = ExceptionCodes.Describe(notice.ExceptionCode, notice.ExceptionFlags, parameters),
            Signal = unchecked((int)notice.ExceptionCode),
            Code = unchecked((int)notice.ExceptionFlags),
            Address = ExceptionCodes.AddressOf(notice.ExceptionCode, notice.ExceptionAddress, parameters),
            Exception = ExceptionOf(registration),
            CaptureMilliseconds = time.GetElapsedTime(began).TotalMilliseconds,
        };
    }

    /// <summary>Of a process that is there, what its walk finds; of one that is gone, what it said of its exception.</summary>
    private void AddStacks(CaptureJob job, PendingReport report, TargetProcess? process, in WindowsCrashNotice notice, WalkFacts facts, bool hasDump)
    {
        if (process is not null)
        {
            WalkSubject subject = WalkSubject.OfException(process, notice.ThreadId, unchecked((int)notice.ExceptionCode), notice.PointersAddress);
            using WalkAnswer? answer = Walk(job, report, process, subject, facts);
            AddStacks(job, report, answer, hasDump);
            return;
        }

        StackDocument document = FallbackDocument.Of(WalkInput.RequestOf(job.Identity.ProcessId, [new WalkThread(notice.ThreadId, "", Registers: null)], [], 0, facts), facts.IsDotNet ? NoWalk : null);
        AddStacks(job, report, StackDocumentJson.Encode(document), StackSummary.Of(document), hasDump);
    }

    private static WalkFacts FactsOf(CaptureJob job, Registration registration, bool isSanitized, bool isDotNet)
    {
        bool isDeath = job.Demand is null;
        ReportException? exception = isDeath ? ExceptionOf(registration) : null;
        return new WalkFacts
        {
            IsDotNet = isDotNet,
            HasCrashed = isDeath,
            LeavesOutMessages = isSanitized,
            Limit = isDeath ? WindowsWalkLimits.OfDeath : WindowsWalkLimits.OfDemand,
            ExceptionType = exception?.Type,
            ExceptionMessage = exception?.Message,
            ExceptionText = exception?.Text,
        };
    }

    /// <summary>Walks a process that stands still.</summary>
    private WalkAnswer? Walk(CaptureJob job, PendingReport report, TargetProcess process, WalkSubject subject, WalkFacts facts)
    {
        try
        {
            using WalkInput input = WalkInput.Of(process, subject, facts);
            return _walk.Run(input, process, facts.Limit, DaemonLimits.WalkSign, () => job.Touch(time.GetTimestamp()), step => Pass(job, step));
        }
        catch (Exception failure)
        {
            // The dump is whole: whatever it is, it must cost the stacks only, and must be seen.
            WithoutStacks(job, report, failure);
            return null;
        }
    }

    private Dictionary<string, string> ParametersOf(CaptureJob job, Registration registration, Guid clientId, bool isDotNet, string? runtime)
    {
        bool hasRuntime = isDotNet || runtime is not null;
        string processType = registration.Fields.GetValueOrDefault(RegistrationFields.ProcessType) ?? UnsaidProcessType.Read(job.Identity.ProcessId, job.Identity.ProcessId);
        return ReportParameters.Of(registration, options.Annotations, clientId, hasRuntime ? DotNet : Native, runtime ?? (hasRuntime ? "" : HandlerVersion.Text), processType);
    }

    private static bool IsDotNet(CaptureJob job, in WindowsCrashNotice notice) => job.Hooks.HasFlag(Hooks.DotNet) || notice.Flags.HasFlag(NoticeFlags.DotNet);

    private Func<ReportRecord, ReportRecord>? HeapDumpFor(CaptureJob job, Registration registration)
        => registration.Fields.TryGetValue(RegistrationFields.HeapDump, out string? kind) ? record => WithHeapDump(job, record, kind) : null;
}
