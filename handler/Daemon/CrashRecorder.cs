using System.Globalization;
using CrashHandler.Handler.Capture;
using CrashHandler.Handler.Capture.Linux;
using CrashHandler.Handler.Minidump;
using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Reports;
using CrashHandler.Protocol;
using Serilog;

namespace CrashHandler.Handler.Daemon;

/// <summary>
/// From a notice to a filed report, on a capture thread: freeze, snapshot, minidump, record, let go. The report is filed before the process is let
/// go: when it was PID 1 or a service's main process, this handler is killed the moment it is gone.
/// </summary>
internal sealed class CrashRecorder(ReportDatabase database, RunOptions options, TimeProvider time, Lazy<ILogger> log)
{
    /// <summary>How a report is sent whose process does not say.</summary>
    public Func<ReportDelivery> DefaultDelivery { get; init; } = () => new ReportDelivery(options.Url?.AbsoluteUri);

    /// <summary>Completes when a report is sent, or will not be sent now; null: nothing is sent from here.</summary>
    public Func<string, Task>? WhenUploaded { get; init; }

    /// <summary>process_type of a process that did not say one: it attached, else it would have.</summary>
    public const string DefaultProcessType = "child";

    private const string DotNet = ".NET";
    private const string Native = "native";

    /// <summary>Makes the report.</summary>
    /// <exception cref="CaptureException">There was nothing to be had of the process.</exception>
    /// <exception cref="DatabaseException">The report cannot be kept.</exception>
    /// <exception cref="IOException">Likewise.</exception>
    public ReleaseOutcome Record(CaptureJob job)
    {
        long began = time.GetTimestamp();
        Guid clientId = ClientId();
        Guid id = DeathId.Of(clientId, job.Identity.StartTime, CrashNotice.Parse(job.Notice));
        using PendingReport? report = database.BeginReport(id, step => Pass(job, step));
        if (report is null)
        {
            log.Value.Information("Report {Id} of pid {Client} is there already: another handler made it", id.ToString(), job.Identity.ProcessId);
            CountRun(ReadRegistration(job), id.ToString());
            return ReleaseOutcome.Reported;
        }

        CaptureRequest request = new() { ProcessId = job.Identity.ProcessId, StartTime = job.Identity.StartTime, Notice = job.Notice };
        using FrozenProcess frozen = FrozenProcess.Freeze(request, progress: step => Pass(job, step));
        Pass(job, CrashStep.Frozen);
        ProcessSnapshot snapshot = frozen.TakeSnapshot();
        Pass(job, CrashStep.SnapshotTaken);
        Registration registration = ReadRegistration(job);
        Dictionary<string, string> parameters = Parameters(registration, snapshot, job.Hooks, clientId);
        ExceptionSnapshot exception = snapshot.Exception!;
        List<string> problems = [.. snapshot.SoftErrors.Select(error => $"{error.Step} {error.Subject}: {error.Reason}")];
        IReadOnlyList<string> attachments = AttachmentCollector.Collect(report, job.Identity.ProcessId, registration.Attachments, () => job.Touch(time.GetTimestamp()), problems);
        ReportRecord record = new()
        {
            Id = id.ToString(),
            State = ReportState.Pending,
            Created = snapshot.Time,
            ProcessId = snapshot.ProcessId,
            ThreadId = exception.ThreadId,
            ProcessType = parameters[ReportParameters.ProcessType],
            Executable = snapshot.ExecutablePath,
            Reason = SignalNames.Describe(exception.Signal, exception.Code),
            Signal = exception.Signal,
            Code = exception.Code,
            Address = exception.Address,
            Exception = ExceptionOf(registration),
            Delivery = DeliveryFields.Of(registration, DefaultDelivery()),
            Attachments = attachments,
            Parameters = parameters,
            SoftErrors = problems,
            CaptureMilliseconds = time.GetElapsedTime(began).TotalMilliseconds,
        };
        report.Commit(record, dump => MinidumpWriter.Write(dump, snapshot, new MinidumpAnnotations(id, clientId, parameters)));
        Pass(job, CrashStep.Recorded);
        log.Value.Information(
            "Report {Id}: pid {Client} ({ProcessType}), {Reason}, {Threads} threads, {SoftErrors} soft errors, {Milliseconds:0.0} ms",
            record.Id, record.ProcessId, record.ProcessType, record.Reason, snapshot.Threads.Count, problems.Count, record.CaptureMilliseconds);
        CountRun(registration, record.Id);
        Hold(job, registration, record.Id);
        return ReleaseOutcome.Reported;
    }

    /// <summary>The exception that the process said would end it; a hostile one may say anything, within the block's limits.</summary>
    internal static ReportException? ExceptionOf(Registration registration)
        => registration.Fields.TryGetValue(RegistrationFields.ExceptionType, out string? type)
            ? new ReportException(
                type,
                registration.Fields.GetValueOrDefault(RegistrationFields.ExceptionMessage, ""),
                registration.Fields.GetValueOrDefault(RegistrationFields.ExceptionText, ""))
            : null;

    private void CountRun(Registration registration, string id)
    {
        if (!registration.Says(RegistrationFields.MainProcess))
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

        job.Captured();
        long began = time.GetTimestamp();
        TimeSpan limit = TimeSpan.FromMilliseconds(milliseconds), left = limit;
        Task uploaded = WhenUploaded(id);
        while (left > TimeSpan.Zero && !uploaded.Wait(left < DaemonLimits.HoldSign ? left : DaemonLimits.HoldSign))
        {
            job.Touch(time.GetTimestamp());
            left = limit - time.GetElapsedTime(began);
        }

        log.Value.Information("Pid {Client} was held for {Seconds:0.0} s, until {End}", job.Identity.ProcessId, time.GetElapsedTime(began).TotalSeconds,
            uploaded.IsCompleted ? "its report was settled" : "its limit passed");
    }

    private void Pass<T>(CaptureJob job, T step)
        where T : struct, Enum
    {
        job.Touch(time.GetTimestamp());
        options.FailSpot?.Pass(step);
    }

    private Guid ClientId()
    {
        try
        {
            return database.Settings.ClientId;
        }
        catch (Exception unreadable) when (unreadable is DatabaseException or SyscallException or InvalidDataException)
        {
            log.Value.Warning("A report is made without the database's guid: {Reason}", unreadable.Message);
            return Guid.Empty;
        }
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

    private Dictionary<string, string> Parameters(Registration registration, ProcessSnapshot snapshot, Hooks hooks, Guid clientId)
    {
        string? runtime = DotNetRuntime.Version(snapshot);
        bool isDotNet = runtime is not null || hooks.HasFlag(Hooks.DotNet);
        return ReportParameters.Of(
            registration,
            options.Annotations,
            clientId,
            isDotNet ? DotNet : Native,
            runtime ?? (isDotNet ? "" : HandlerVersion.Text),
            DefaultProcessType);
    }
}
