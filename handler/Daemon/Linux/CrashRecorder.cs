using CrashHandler.Handler.Capture;
using CrashHandler.Handler.Capture.Linux;
using CrashHandler.Handler.Minidump;
using CrashHandler.Handler.Reports;
using CrashHandler.Handler.Stacks;
using CrashHandler.Handler.Walk;
using CrashHandler.Protocol;

namespace CrashHandler.Handler.Daemon;

/// <summary>
/// What of it is Linux's: freeze, snapshot, minidump and walk. The report is filed before the process is let go: when it was PID 1 or a service's main process, this handler is killed
/// the moment it is gone.
/// </summary>
internal sealed partial class CrashRecorder
{
    private static ToldDeath DeathOf(CaptureJob job)
    {
        CrashNotice notice = CrashNotice.Parse(job.Notice);
        return new ToldDeath(notice.ProcessId, notice.ThreadId, notice.Time);
    }

    private WrittenReport WriteDeath(CaptureJob job, PendingReport report, Guid clientId, long began)
    {
        FrozenProcess? frozen = null;
        try
        {
            Registration registration = ReadRegistration(job);
            CaptureRequest request = new()
            {
                ProcessId = job.Identity.ProcessId,
                StartTime = job.Identity.StartTime,
                Notice = job.Notice,
                AskForMemory = job.AskForMemory,
            };
            request = AsWanted(request, registration);
            Func<ProcessSnapshot> takeSnapshot;
            try
            {
                frozen = FrozenProcess.Freeze(request, progress: step => Pass(job, step));
                takeSnapshot = frozen.TakeSnapshot;
            }
            catch (CaptureException gone)
            {
                // Killed before it was looked at: its notice is worth a report.
                takeSnapshot = () => NoticeReader.ReadSnapshot(request, gone);
            }

            return WriteDeath(job, report, frozen, takeSnapshot, clientId, began);
        }
        catch
        {
            LetGo(job, frozen);
            throw;
        }
    }

    private WrittenReport WriteDeath(CaptureJob job, PendingReport report, FrozenProcess? frozen, Func<ProcessSnapshot> takeSnapshot, Guid clientId, long began)
    {
        Pass(job, CrashStep.Frozen);
        // Megabytes that nobody needs any more while the disk is waited for.
        using ProcessSnapshot snapshot = takeSnapshot();
        Pass(job, CrashStep.SnapshotTaken);
        Registration registration = ReadRegistration(job);
        ReportRecord record = RecordOf(job, report, snapshot, registration, clientId, out MinidumpWriter dump) with { CaptureMilliseconds = time.GetElapsedTime(began).TotalMilliseconds };
        report.Write(record, dump.WriteTo);
        WalkInput? input = PrepareWalk(job, report, frozen, snapshot, registration, StacksLimits.OfDeath);
        int threads = snapshot.Threads.Count;
        return new WrittenReport(job, began, TakesLong(registration), () => FileDeath(job, report, frozen, registration, record, threads, input, began));
    }

    private ReleaseOutcome FileDeath(
        CaptureJob job, PendingReport report, FrozenProcess? frozen, Registration registration, ReportRecord record, int threads, WalkInput? input, long began)
    {
        try
        {
            job.Touch(time.GetTimestamp());
            if (input is not null)
            {
                TimeSpan left = DaemonLimits.WalkPatience - time.GetElapsedTime(began);
                using WalkAnswer? answer = Walk(job, report, input, frozen, left < StacksLimits.OfDeath ? left : StacksLimits.OfDeath);
                AddStacks(job, report, answer);
            }

            report.File(HeapDumpFor(job, registration, frozen));
            Pass(job, CrashStep.Recorded);
            log.Value.Information(
                "Report {Id}: pid {Client} ({ProcessType}), {Reason}, {Threads} threads, {SoftErrors} soft errors, {Milliseconds:0.0} ms",
                record.Id, record.ProcessId, record.ProcessType, record.Reason, threads, record.SoftErrors.Count, record.CaptureMilliseconds);
            CountRun(job, registration, record.Id);
            Hold(job, registration, record.Id);
            return ReleaseOutcome.Reported;
        }
        finally
        {
            input?.Dispose();
            LetGo(job, frozen);
            report.Dispose();
        }
    }

    /// <summary>What the walk is told, while the snapshot is there; null: it cannot be told, and the report says why.</summary>
    private WalkInput? PrepareWalk(CaptureJob job, PendingReport report, FrozenProcess? frozen, ProcessSnapshot snapshot, Registration registration, TimeSpan limit)
    {
        bool isDeath = job.Demand is null;
        ReportException? exception = isDeath ? ExceptionOf(registration) : null;
        try
        {
            return WalkInput.Of(snapshot, frozen, new WalkFacts
            {
                IsDotNet = job.Hooks.HasFlag(Hooks.DotNet),
                HasCrashed = isDeath,
                LeavesOutMessages = IsSanitized(registration),
                Limit = limit,
                ExceptionType = exception?.Type,
                ExceptionMessage = exception?.Message,
                ExceptionText = exception?.Text,
            });
        }
        catch (Exception failure)
        {
            // The dump is whole: whatever it is, it must cost the stacks only, and must be seen.
            WithoutStacks(job, report, failure);
            return null;
        }
    }

    private WalkAnswer? Walk(CaptureJob job, PendingReport report, WalkInput input, FrozenProcess? frozen, TimeSpan limit)
    {
        try
        {
            return _walk.Run(input, frozen, limit, DaemonLimits.WalkSign, () => job.Touch(time.GetTimestamp()), step => Pass(job, step));
        }
        catch (Exception failure)
        {
            // As above.
            WithoutStacks(job, report, failure);
            return null;
        }
    }

    private static void LetGo(CaptureJob job, FrozenProcess? frozen)
    {
        frozen?.Dispose();
        job.TracerMustEnd = frozen?.TracerThreadMustEnd ?? false;
    }

    /// <summary>It stands still for as long as its memory is copied, and no longer.</summary>
    private ReportRecord WriteDemand(CaptureJob job, CaptureDemand demand, PendingReport report, Guid clientId, long began, out int threads)
    {
        WalkAnswer? answer = null;
        try
        {
            CaptureRequest request = new() { ProcessId = job.Identity.ProcessId, StartTime = job.Identity.StartTime, Requester = demand.ThreadId };
            Registration asked = ReadRegistration(job);
            using ProcessSnapshot snapshot = TakeSnapshot(job, AsWanted(request, asked), out TimeSpan frozen, (process, taken) =>
            {
                using WalkInput? input = PrepareWalk(job, report, process, taken, asked, StacksLimits.OfDemand);
                answer = input is null ? null : Walk(job, report, input, process, StacksLimits.OfDemand);
            });
            ReportRecord record = Demanded(RecordOf(job, report, snapshot, ReadRegistration(job), clientId, out MinidumpWriter dump), demand, frozen, began);
            report.Write(record, dump.WriteTo);
            AddStacks(job, report, answer);
            threads = snapshot.Threads.Count;
            return record;
        }
        finally
        {
            answer?.Dispose();
        }
    }

    private CaptureRequest AsWanted(CaptureRequest request, Registration registration)
        => request with { SanitizeStacks = IsSanitized(registration), IncludeEnvironment = registration.Says(RegistrationFields.IncludeEnvironment) };

    /// <summary>Freezes a process that lives on, for as long as its memory is copied and <paramref name="whileFrozen"/> takes.</summary>
    private ProcessSnapshot TakeSnapshot(CaptureJob job, CaptureRequest request, out TimeSpan frozenTime, Action<FrozenProcess, ProcessSnapshot> whileFrozen)
    {
        Machine.Prepare();
        ProcessSnapshot? snapshot = null;
        FrozenProcess frozen = FrozenProcess.Freeze(request, progress: step => Pass(job, step));
        try
        {
            Pass(job, CrashStep.Frozen);
            snapshot = frozen.TakeSnapshot();
            whileFrozen(frozen, snapshot);
        }
        catch
        {
            snapshot?.Dispose();
            throw;
        }
        finally
        {
            frozen.Dispose();
            job.TracerMustEnd = frozen.TracerThreadMustEnd;
        }

        frozenTime = frozen.FrozenTime;
        Pass(job, CrashStep.SnapshotTaken);
        return snapshot;
    }

    private ReportRecord RecordOf(CaptureJob job, PendingReport report, ProcessSnapshot snapshot, Registration registration, Guid clientId, out MinidumpWriter dump)
    {
        Dictionary<string, string> parameters = Parameters(job, registration, snapshot, clientId);
        dump = MinidumpWriter.LayOut(snapshot, new MinidumpAnnotations(report.Id, clientId, parameters));
        List<string> problems = [.. dump.SoftErrors.Select(error => $"{error.Step} {error.Subject}: {error.Reason}")];
        IReadOnlyList<string> attachments = AttachmentCollector.Collect(report, job.Identity.ProcessId, job.Guest, registration.Attachments, () => job.Touch(time.GetTimestamp()), problems);
        // None where the thread that asked is not to be found, nor where it could not be read.
        ExceptionSnapshot? exception = snapshot.Exception;
        bool isDeath = job.Demand is null;
        return new ReportRecord
        {
            Id = report.Id.ToString(),
            State = ReportState.Pending,
            Access = snapshot.Access.ToString(),
            Created = snapshot.Time,
            ProcessId = snapshot.ProcessId,
            ThreadId = exception?.ThreadId ?? snapshot.Threads[0].ThreadId,
            ProcessType = parameters[ReportParameters.ProcessType],
            Executable = snapshot.ExecutablePath,
            Reason = exception is null ? "" : SignalNames.Describe(exception.Signal, exception.Code),
            Signal = isDeath ? exception!.Signal : 0,
            Code = exception?.Code ?? 0,
            Address = exception?.Address ?? 0,
            Exception = isDeath ? ExceptionOf(registration) : null,
            Delivery = DeliveryOf(registration),
            Attachments = attachments,
            Parameters = parameters,
            SoftErrors = problems,
            IsSanitized = snapshot.SoftErrors.Any(error => error.Step == nameof(CaptureStep.Sanitize)),
            HasEnvironment = snapshot.ProcFiles.ContainsKey(ProcFile.Environment),
            DumpBytes = dump.Length,
        };
    }

    /// <summary>
    /// The heap dump, once the minidump is safe. The runtime's own threads make it, and its createdump must trace them: they are let go for it, while
    /// the crashed thread waits on.
    /// </summary>
    private Func<ReportRecord, ReportRecord>? HeapDumpFor(CaptureJob job, Registration registration, FrozenProcess? frozen)
        => !registration.Fields.TryGetValue(RegistrationFields.HeapDump, out string? kind) ? null : record =>
        {
            frozen?.Dispose();
            return WithHeapDump(job, record, kind);
        };

    private Dictionary<string, string> Parameters(CaptureJob job, Registration registration, ProcessSnapshot snapshot, Guid clientId)
    {
        string? runtime = DotNetRuntime.Version(snapshot);
        bool isDotNet = runtime is not null || job.Hooks.HasFlag(Hooks.DotNet);
        string processType = registration.Fields.GetValueOrDefault(RegistrationFields.ProcessType) ?? UnsaidProcessType.Read(job.Identity.ProcessId, snapshot.ProcessId);
        return ReportParameters.Of(
            registration,
            options.Annotations,
            clientId,
            isDotNet ? DotNet : Native,
            runtime ?? (isDotNet ? "" : HandlerVersion.Text),
            processType);
    }
}
