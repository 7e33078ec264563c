using System.Globalization;
using CrashHandler.Handler.Capture;
using CrashHandler.Handler.Minidump;
using CrashHandler.Handler.Minidump.Format;
using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Reports;
using CrashHandler.Handler.Walk;
using CrashHandler.Protocol;
using Serilog;

namespace CrashHandler.Handler.Daemon;

/// <summary>From a notice to a filed report, on a capture thread. How a process is looked at, each system's part knows; the rest is here.</summary>
internal sealed partial class CrashRecorder(ReportDatabase database, RunOptions options, TimeProvider time, Lazy<ILogger> log)
{
    private const string DotNet = ".NET";
    private const string Native = "native";

    private readonly StackWalk _walk = new(options.Walk);

    /// <summary>How the reports of a process are sent.</summary>
    public Func<Registration, ReportDelivery> DeliveryOf { get; init; } = registration =>
    {
        ReportDelivery handlers = new(options.Url?.AbsoluteUri);
        return DeliveryFields.Of(registration, handlers, handlers);
    };

    /// <summary>Completes when a report is sent, or will not be sent now; null: nothing is sent from here.</summary>
    public Func<string, Task>? WhenUploaded { get; init; }

    /// <summary>Told in words why a report has no stacks, or none of its runtime's. From a capture's thread.</summary>
    public Action<string>? WalkFailed { get; init; }

    /// <summary>Whether a process's dump is sanitized.</summary>
    public Func<Registration, bool> IsSanitized { get; init; } = registration => registration.Says(RegistrationFields.SanitizeStacks);

    /// <summary>Writes the heap dump of a process that wants one; null: this handler makes none.</summary>
    public HeapDumper? HeapDumps { get; init; }

    /// <summary>The database's guid; an empty one while its settings cannot be read: crashes are filed all the same.</summary>
    public Guid ClientId()
    {
        try
        {
            return database.Settings.ClientId;
        }
        catch (Exception unreadable) when (unreadable is DatabaseException or SyscallException or InvalidDataException)
        {
            log.Value.Warning("The database's guid is not known: {Reason}", unreadable.Message);
            return Guid.Empty;
        }
    }

    /// <summary>Makes the report.</summary>
    /// <exception cref="CaptureException">There was nothing to be had of the process.</exception>
    /// <exception cref="DatabaseException">The report cannot be kept.</exception>
    /// <exception cref="IOException">Likewise.</exception>
    public WrittenReport Capture(CaptureJob job)
    {
        long began = time.GetTimestamp();
        if (job.Ended is { } ended)
        {
            return new WrittenReport(job, began, takesLong: false, () => RecordEnd(job, ended));
        }

        if (job.Demand is { } demand)
        {
            return Over(RecordDemand(job, demand, began));
        }

        Guid clientId = ClientId();
        ToldDeath death = DeathOf(job);
        // Of a process that was gone before its notice was read the start time is not known, and so not the id that another handler gave its report.
        if (job.Identity.StartTime == 0 && IsTold(job, death.ProcessId, death.At(time)))
        {
            return Over(ReleaseOutcome.Reported);
        }

        Guid id = DeathId.Of(clientId, job.Identity.StartTime, death);
        PendingReport? report = Claim(job, id);
        if (report is null)
        {
            CountRun(job, ReadRegistration(job), id.ToString());
            return Over(ReleaseOutcome.Reported);
        }

        try
        {
            return WriteDeath(job, report, clientId, began);
        }
        catch
        {
            report.Dispose();
            throw;
        }

        WrittenReport Over(ReleaseOutcome outcome) => new(job, began, takesLong: false, () => outcome);
    }

    /// <summary>A report of a process that lives on.</summary>
    private ReleaseOutcome RecordDemand(CaptureJob job, CaptureDemand demand, long began)
    {
        try
        {
            Guid clientId = ClientId();
            Guid id = Guid.NewGuid();
            using PendingReport report = database.BeginReport(id, step => Pass(job, step)) ?? throw new DatabaseException($"there is a report {id} already");
            ReportRecord record = WriteDemand(job, demand, report, clientId, began, out int threads);
            report.File();
            Pass(job, CrashStep.Recorded);
            log.Value.Information(
                "Report {Id}: pid {Client} ({ProcessType}) asked for it, {Threads} threads, {SoftErrors} soft errors, frozen for {Frozen:0.0} ms: {Why}",
                record.Id, record.ProcessId, record.ProcessType, threads, record.SoftErrors.Count, record.FrozenMilliseconds, demand.Reason);
            demand.ReportId = id;
            return ReleaseOutcome.Reported;
        }
        catch (Exception failure) when (failure is CaptureException or DatabaseException or SyscallException or IOException)
        {
            log.Value.Warning("No report for pid {Client}, which asked for one: {Reason}", job.Identity.ProcessId, failure.Message);
            demand.Problem = failure is CaptureException capture ? capture.Reason : failure.Message;
            return ReleaseOutcome.NotReported;
        }
    }

    /// <summary>What a demand is by.</summary>
    private ReportRecord Demanded(ReportRecord record, CaptureDemand demand, TimeSpan frozen, long began) => record with
    {
        Reason = DemandReason(demand.Reason),
        CaptureReason = demand.Reason,
        FrozenMilliseconds = frozen.TotalMilliseconds,
        CaptureMilliseconds = time.GetElapsedTime(began).TotalMilliseconds,
    };

    /// <summary>Whether this death was told to another handler, whose report is there or in the making.</summary>
    private bool IsTold(CaptureJob job, int processId, DateTimeOffset since)
    {
        string? told = ToldDeaths.Find(database, processId, since, time.GetUtcNow() - DaemonLimits.SameDeath);
        if (told is not null)
        {
            log.Value.Information("The end of pid {Client} is report {Id}, which another handler made", job.Identity.ProcessId, told);
        }

        return told is not null;
    }

    /// <summary>The report of a death, which is this handler's to make; null: another one has made it.</summary>
    private PendingReport? Claim(CaptureJob job, Guid id)
    {
        PendingReport? report = database.BeginReport(id, step => Filing(job, step));
        if (report is null)
        {
            log.Value.Information("Report {Id} of pid {Client} is there already: another handler made it", id.ToString(), job.Identity.ProcessId);
        }

        return report;
    }

    /// <summary>Whether more is to be done of a death than to file it.</summary>
    private static bool TakesLong(Registration registration)
        => registration.Fields.ContainsKey(RegistrationFields.HeapDump) || registration.Fields.ContainsKey(RegistrationFields.WaitForUpload);

    /// <summary>Puts a walk's document into the report, and says what is missing in it.</summary>
    private void AddStacks(CaptureJob job, PendingReport report, WalkAnswer? answer, bool hasDump = true)
    {
        if (answer is null)
        {
            return;
        }

        AddStacks(job, report, answer.Document, answer.Summary, hasDump);
        if (answer.Summary.Problem is { } problem)
        {
            log.Value.Information("Report {Id}: {Problem}", report.Id.ToString(), problem);
            WalkFailed?.Invoke($"report {report.Id}: {problem}");
        }
    }

    /// <summary>Puts the document into the report that is written, and what it says into its record. What fails costs the document only.</summary>
    private void AddStacks(CaptureJob job, PendingReport report, ReadOnlyMemory<byte> document, StackSummary summary, bool hasDump)
    {
        try
        {
            report.Amend(record => record with
            {
                Signature = summary.Signature,
                ManagedSource = summary.Source.ToString(),
                ManagedProblem = summary.Problem,
                Parameters = ReportParameters.WithStacks(record.Parameters, summary),
            });
            report.AddStacks(document, (dump, passed) => hasDump ? AppendedStream.Append(dump, MinidumpStreamType.CrashHandlerStacks, document.Span, passed) : 0);
        }
        catch (Exception failure)
        {
            // The dump is whole: whatever it is, it must cost the stacks only, and must be seen.
            WithoutStacks(job, report, failure);
        }
    }

    private void WithoutStacks(CaptureJob job, PendingReport report, Exception failure)
    {
        log.Value.Warning("Report {Id} of pid {Client} is without its stacks: {Reason}", report.Id.ToString(), job.Identity.ProcessId, failure.Message);
        WalkFailed?.Invoke($"report {report.Id}: {failure.Message}");
        report.Amend(record => record with { ManagedProblem = failure.Message });
    }

    private ReportRecord WithHeapDump(CaptureJob job, ReportRecord record, string kind)
    {
        string? problem = HeapDumps is null ? "the handler of one death makes none" : HeapDumps.Write(job.Identity.ProcessId, record.Id, kind, () => job.Touch(time.GetTimestamp()));
        if (problem is null)
        {
            return record;
        }

        log.Value.Warning("Report {Id} has no heap dump: {Reason}", record.Id, problem);
        return record with { SoftErrors = [.. record.SoftErrors, $"heap dump: {problem}"] };
    }

    /// <summary>A report of a process of which nothing is left to be looked at: without a dump, with what it registered.</summary>
    private ReleaseOutcome RecordEnd(CaptureJob job, EndedProcess ended)
    {
        if (IsTold(job, ended.Known.OwnId, job.Identity.Started))
        {
            return ReleaseOutcome.Reported;
        }

        Guid clientId = ClientId();
        Guid id = DeathId.Of(clientId, job.Identity.StartTime, ended.Known.OwnId);
        Registration registration = ReadRegistration(job);
        // First: whoever starts the application again at once is to be told of it.
        CountRun(job, registration, id.ToString());
        using PendingReport? report = Claim(job, id);
        if (report is null)
        {
            return ReleaseOutcome.Reported;
        }

        ReportEnd evidence = EndRecord.EvidenceOf(ended);
        ReportException? exception = ExceptionOf(registration);
        bool isDotNet = job.Hooks.HasFlag(Hooks.DotNet);
        Dictionary<string, string> parameters = ReportParameters.Of(
            registration, options.Annotations, clientId, isDotNet ? DotNet : Native, isDotNet ? "" : HandlerVersion.Text, ended.Known.ProcessType);
        List<string> problems = [];
        IReadOnlyList<string> attachments = AttachmentCollector.CollectOfDead(report, ended.Known, job.Guest, registration.Attachments, () => job.Touch(time.GetTimestamp()), problems);
        ReportRecord record = EndRecord.Of(
            id, ended, evidence, EndRecord.With(parameters, ended.End, evidence, exception, IsSanitized(registration)), attachments, problems, DeliveryOf(registration), exception);
        report.Write(record, _ => { });
        report.File();
        Pass(job, CrashStep.Recorded);
        log.Value.Information("Report {Id}: pid {Client} ({ProcessType}), {Reason}, no dump", record.Id, record.ProcessId, record.ProcessType, record.Reason);
        return ReleaseOutcome.Reported;
    }

    /// <summary>What lists show of a demand: its beginning, on one line.</summary>
    private static string DemandReason(string reason)
    {
        string line = reason.ReplaceLineEndings(" ").Trim();
        return line.Length == 0 ? "requested" : $"requested: {(line.Length > DaemonLimits.ListedReason ? string.Concat(line.AsSpan(0, DaemonLimits.ListedReason), "…") : line)}";
    }

    /// <summary>The exception that the process said would end it; a hostile one may say anything, within the block's limits.</summary>
    internal static ReportException? ExceptionOf(Registration registration)
        => registration.Fields.TryGetValue(RegistrationFields.ExceptionType, out string? type)
            ? new ReportException(
                type,
                registration.Fields.GetValueOrDefault(RegistrationFields.ExceptionMessage, ""),
                registration.Fields.GetValueOrDefault(RegistrationFields.ExceptionText, ""))
            : null;

    private void CountRun(CaptureJob job, Registration registration, string id)
    {
        if (job.Guest is not null || !registration.Says(RegistrationFields.MainProcess))
        {
            return;
        }

        try
        {
            database.Settings.CountCrash(id);
        }
        catch (Exception unwritable) when (unwritable is DatabaseException or SyscallException)
        {
            log.Value.Warning("The crash of report {Id} is not counted: {Reason}", id, unwritable.Message);
        }
    }

    /// <summary>Keeps the process, still frozen, until its report is uploaded: where nothing is left of it afterwards, nothing would be sent.</summary>
    private void Hold(CaptureJob job, Registration registration, string id)
    {
        if (WhenUploaded is null
            || !int.TryParse(registration.Fields.GetValueOrDefault(RegistrationFields.WaitForUpload), NumberStyles.None, CultureInfo.InvariantCulture, out int milliseconds)
            || milliseconds == 0)
        {
            return;
        }

        long began = time.GetTimestamp();
        TimeSpan limit = TimeSpan.FromMilliseconds(Math.Min(milliseconds, DaemonLimits.LongestHold.TotalMilliseconds)), left = limit;
        Task uploaded = WhenUploaded(id);
        while (left > TimeSpan.Zero && !uploaded.Wait(left < DaemonLimits.HoldSign ? left : DaemonLimits.HoldSign))
        {
            job.Touch(time.GetTimestamp());
            left = limit - time.GetElapsedTime(began);
        }

        log.Value.Information("Pid {Client} was held for {Seconds:0.0} s, until {End}", job.Identity.ProcessId, time.GetElapsedTime(began).TotalSeconds,
            uploaded.IsCompleted ? "its report was settled" : "its limit passed");
    }

    private void Filing(CaptureJob job, FilingStep step)
    {
        Pass(job, step);
        if (step == FilingStep.Waiting)
        {
            job.Waits();
        }
    }

    private void Pass<T>(CaptureJob job, T step)
        where T : struct, Enum
    {
        job.Touch(time.GetTimestamp());
        options.FailSpot?.Pass(step);
    }

    private Registration ReadRegistration(CaptureJob job)
    {
        try
        {
            return job.Registration?.Read() ?? Registration.Empty;
        }
        catch (Exception broken) when (broken is MalformedFrameException or SyscallException)
        {
            log.Value.Warning("Pid {Client} is reported without its parameters: {Reason}", job.Identity.ProcessId, broken.Message);
            return Registration.Empty;
        }
    }
}
