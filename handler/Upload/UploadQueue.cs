using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Reports;
using CrashHandler.Protocol;
using Serilog;

namespace CrashHandler.Handler.Upload;

/// <summary>
/// The one worker that sends reports. Persistent: all it knows is in the records. It wakes on work or when the next attempt is due, and holds the
/// database's upload lock while it lives.
/// </summary>
/// <param name="database">Whose reports.</param>
/// <param name="fallbackUrl">Where reports go that name no URL; null: they wait.</param>
/// <param name="time">The clock.</param>
/// <param name="log">Where it tells what it does.</param>
/// <param name="isOnRequest">Whether only those are sent that somebody asked for.</param>
/// <param name="retention">What keeps the database within its limits; null: nothing is removed.</param>
internal sealed class UploadQueue(ReportDatabase database, Uri? fallbackUrl, TimeProvider time, Lazy<ILogger> log, bool isOnRequest = false, Retention? retention = null)
{
    private readonly Lock _gate = new();
    private readonly UploadClient _client = new(database, time);
    private readonly WaitingReports _waiting = new(database);
    private readonly Dictionary<string, long> _lastUploads = [];
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _awaited = new();
    private volatile TaskCompletionSource _woken = NewSignal();
    private volatile UploadQueueStatus _status = new(null, null);
    private Task? _worker;
    private string[] _watched = [];
    private FileDescriptor? _lock;
    private Thread? _lockWaiter;
    private FileDescriptor? _awaitedLock;
    private bool _isEnded;
    private bool _hasRecovered;
    private readonly Dictionary<string, ReportRecord> _unstored = [];
    private bool _hasSwept;
    private long? _lastLook;
    private volatile string? _failure;
    private volatile string _refusals = "";

    /// <summary>What it is at.</summary>
    public UploadQueueStatus Status => _status;

    /// <summary>What keeps it from sending a report that was asked for, in words; null: nothing, as far as is known. Only of a queue on request. From any thread.</summary>
    public string? WhyNotSent(string reportId)
    {
        foreach (string refusal in _refusals.Split('\n'))
        {
            if (refusal.Contains(reportId, StringComparison.Ordinal))
            {
                return refusal;
            }
        }

        return _failure;
    }

    /// <summary>Told in words what fails. From the worker's thread.</summary>
    public Action<string>? OnError { get; init; }

    /// <summary>Told that what there was to do now is done. From the worker's thread.</summary>
    public Action? OnRest { get; init; }

    /// <summary>Completes when the worker has ended.</summary>
    public Task Finished => _worker ?? Task.CompletedTask;

    /// <summary>Starts the worker; it ends when <paramref name="stopping"/> is cancelled.</summary>
    public void Start(CancellationToken stopping) => _worker = Task.Run(() => RunAsync(stopping), CancellationToken.None);

    /// <summary>There may be work. From any thread.</summary>
    public void Wake() => _woken.TrySetResult();

    /// <summary>Completes when a report is sent, or it is known that this queue does not send it now. From any thread.</summary>
    public Task WhenSettledAsync(string reportId)
    {
        Task settled = _awaited.GetOrAdd(reportId, _ => NewSignal()).Task;
        Wake();
        lock (_gate)
        {
            return _isEnded ? Task.CompletedTask : settled;
        }
    }

    private async Task RunAsync(CancellationToken stopping)
    {
        try
        {
            while (true)
            {
                TimeSpan wait = await WorkAsync(stopping).ConfigureAwait(false);
                OnRest?.Invoke();
                await _woken.Task.WaitAsync(wait, time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                stopping.ThrowIfCancellationRequested();
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // What is left is sent by the next handler.
        }
        catch (Exception failure)
        {
            NoteFailure(failure);
            log.Value.Error(failure, "The upload queue ended; reports are kept, and sent by the next handler");
        }
        finally
        {
            lock (_gate)
            {
                _isEnded = true;
                _awaitedLock?.Dispose();
            }

            _watched = [.. _awaited.Keys];
            Settle(_ => true);
            _client.Dispose();
            _lock?.Dispose();
        }
    }

    /// <summary>Does what there is to do now.</summary>
    /// <returns>How long until there is more, as far as is known.</returns>
    private async Task<TimeSpan> WorkAsync(CancellationToken stopping)
    {
        try
        {
            // A pause between two uploads is no reason to read ten thousand names.
            bool isLook = _woken.Task.IsCompleted || _lastLook is not { } last || time.GetElapsedTime(last) >= UploadLimits.LookAgain;
            if (isLook)
            {
                // Before the look, so that what comes during it is not lost.
                _woken = NewSignal();
                // When it begins, all that is there is of dead handlers; later, some of it is what this handler is at.
                database.Recover(Tell, isAlone: !_hasRecovered);
                _hasRecovered = true;
            }

            if (!TakeLock())
            {
                _status = _status with { Waiting = null, NextAttempt = null };
                _watched = [.. _awaited.Keys];
                Settle(_ => true);
                return UploadLimits.LookAgain;
            }

            return await SendDueAsync(isLook, stopping).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            // Whatever it is: a queue that ends sends nothing more, and nobody is held for that.
            _lastLook = null;
            _watched = [.. _awaited.Keys];
            Settle(_ => true);
            NoteFailure(failure);
            _failure = failure.Message;
            log.Value.Error(failure is SyscallException or IOException or UnauthorizedAccessException or DatabaseException ? null : failure,
                "The upload queue cannot use its database: {Reason}; it tries again in {Seconds} s", failure.Message, UploadLimits.DiskRetry.TotalSeconds);
            return UploadLimits.DiskRetry;
        }
    }

    private void NoteFailure(Exception failure)
    {
        _status = _status with { Current = null, LastError = failure.Message };
        OnError?.Invoke(failure.Message);
    }

    private bool TakeLock()
    {
        if (_lock is not null && !database.IsUploadsLock(_lock))
        {
            // Somebody removed the directory, or its lock, and another handler may have the new one.
            _lock.Dispose();
            (_lock, _hasSwept) = (null, false);
        }

        if (_lock is not null && _hasSwept)
        {
            return true;
        }

        lock (_gate)
        {
            if (_awaitedLock is not null)
            {
                (_lock, _awaitedLock, _lockWaiter) = (_awaitedLock, null, null);
            }
        }

        if (_lock is not null && !database.IsUploadsLock(_lock))
        {
            _lock.Dispose();
            _lock = null;
        }

        _lock ??= _lockWaiter is null ? database.TryLockUploads() : null;
        if (_lock is null)
        {
            AwaitLock();
            return false;
        }

        if (!_hasSwept)
        {
            database.Sweep(Tell);
            _hasSwept = true;
        }

        return true;
    }

    private void Tell(string finding) => log.Value.Warning("{Finding}", finding);

    private void TellOfRequest(string finding)
    {
        Tell(finding);
        if (isOnRequest)
        {
            _refusals += $"{finding}\n";
        }
    }

    private async Task<TimeSpan> SendDueAsync(bool isLook, CancellationToken stopping)
    {
        // What woke it during an upload is looked at before the next one: a newer crash goes first.
        for (; ; isLook = _woken.Task.IsCompleted)
        {
            stopping.ThrowIfCancellationRequested();
            StoreUnstored();
            if (isLook)
            {
                Look();
            }

            UploadPermission permission = isOnRequest ? UploadPermission.Paused : database.Settings.UploadPermission;
            if (permission == UploadPermission.Off && !SkipAll(stopping))
            {
                continue;
            }

            if (NextStep(permission, out WaitingReport due) is { } pause)
            {
                return _unstored.Count > 0 && pause > UploadLimits.DiskRetry ? UploadLimits.DiskRetry : pause;
            }

            if (database.FindPending(due.Id) is { } report)
            {
                await SendAsync(report, UrlOf(due) ?? "", stopping).ConfigureAwait(false);
            }
            else
            {
                _waiting.Forget(due.Id);
            }

            Settle(id => !_waiting.Contains(id));
        }
    }

    private void Look()
    {
        _woken = NewSignal();
        _lastLook = time.GetTimestamp();
        _watched = [.. _awaited.Keys];
        database.TakeRequests(
            (report, url) =>
            {
                // It may have waited already, with another URL and for another time.
                _waiting.Forget(report.Id);
                return UploadPolicy.Requested(report, url);
            },
            TellOfRequest);
        // Between two uploads, so that none loses what it sends.
        retention?.Look();
        _waiting.Refresh();
    }

    /// <summary>The report to send now; else how long to wait.</summary>
    private TimeSpan? NextStep(UploadPermission permission, out WaitingReport due)
    {
        DateTimeOffset now = time.GetUtcNow();
        DateTimeOffset? lastLimited = _waiting.All.Any(report => report.IsRateLimited) ? database.Settings.LastLimitedUpload : null;
        due = default;
        bool isFound = false;
        TimeSpan wait = UploadLimits.LookAgain, soonest = TimeSpan.MaxValue;
        HashSet<string> sendable = [];
        foreach (WaitingReport report in _waiting.All.Where(report => (report.IsExplicit || (permission == UploadPermission.On && UrlOf(report) is not null)) && !_unstored.ContainsKey(report.Id)))
        {
            TimeSpan pause = UploadPolicy.UntilDue(report, now, lastLimited);
            TimeSpan hosts = UntilHostIsFree(report.Url is null ? fallbackUrl?.Authority : report.Host);
            pause = pause > hosts ? pause : hosts;
            soonest = pause < soonest ? pause : soonest;
            if (pause > TimeSpan.Zero)
            {
                wait = pause < wait ? pause : wait;
            }
            else if (!isFound || (report.IsExplicit, report.Created).CompareTo((due.IsExplicit, due.Created)) > 0)
            {
                (isFound, due) = (true, report);
            }

            if (_watched.Length > 0)
            {
                sendable.Add(report.Id);
            }
        }

        _status = _status with { Waiting = _waiting.All.Count, NextAttempt = soonest == TimeSpan.MaxValue ? null : now + (soonest > TimeSpan.Zero ? soonest : TimeSpan.Zero) };
        Settle(id => !sendable.Contains(id));
        return isFound ? null : wait;
    }

    private TimeSpan UntilHostIsFree(string? host)
        => host is not null && _lastUploads.TryGetValue(host, out long last) ? UploadLimits.BetweenUploads - time.GetElapsedTime(last) : TimeSpan.Zero;

    private async Task SendAsync(ReportRecord report, string address, CancellationToken stopping)
    {
        _status = _status with { Current = report.Id };
        ReportRecord after;
        string shown = "(no URL)";
        if (!TryParse(address, out Uri? url))
        {
            after = UploadPolicy.Unsendable(report, address.Length > 0 ? "its URL is not an absolute http or https one" : "it names no URL, and there is no other");
        }
        else if (report.Delivery.RateLimit && !report.ExplicitRequest && !TryNoteLimited(out string? problem))
        {
            after = UploadPolicy.Unanswered(report, problem, time.GetUtcNow());
        }
        else
        {
            shown = UrlRedaction.Redact(url);
            _status = _status with { Attempts = _status.Attempts + 1 };
            after = await AttemptAsync(report, url, stopping).ConfigureAwait(false);
            foreach (string host in _lastUploads.Where(last => time.GetElapsedTime(last.Value) > UploadLimits.BetweenUploads).Select(last => last.Key).ToList())
            {
                _lastUploads.Remove(host);
            }

            _lastUploads[url.Authority] = time.GetTimestamp();
        }

        _unstored[after.Id] = after;
        StoreUnstored();
        _status = _status with
        {
            Current = null,
            LastError = after.LastError ?? _status.LastError,
            Uploaded = _status.Uploaded + (after.State is ReportState.Uploaded or ReportState.Discarded ? 1 : 0),
            Failed = _status.Failed + (after.State == ReportState.Failed ? 1 : 0),
        };
        if (after.State is not (ReportState.Uploaded or ReportState.Discarded) && after.LastError is { } error)
        {
            OnError?.Invoke($"report {report.Id} to {shown}: {error}");
        }

        log.Value.Information("Report {Id} to {Url}: {State} {Answer}", report.Id, shown, after.State, after.ServerId ?? after.LastError);
    }

    private async Task<ReportRecord> AttemptAsync(ReportRecord report, Uri url, CancellationToken stopping)
    {
        try
        {
            using FileDescriptor inUse = database.Use(report);
            ServerAnswer answer = await _client.SendAsync(report, url, stopping).ConfigureAwait(false);
            return UploadPolicy.Answered(report, answer, time.GetUtcNow());
        }
        catch (Exception unreachable) when (unreachable is HttpRequestException or IOException or SyscallException || IsTimeout(unreachable, stopping))
        {
            string reason = unreachable is OperationCanceledException ? $"no answer within {UploadLimits.Attempt.TotalSeconds:0} s" : unreachable.Message;
            return UploadPolicy.Unanswered(report, reason, time.GetUtcNow());
        }
        catch (Exception unsendable) when (unsendable is not OperationCanceledException)
        {
            // Something in this one report: the others go on, and this one again when somebody asks for it.
            log.Value.Error(unsendable, "Report {Id} cannot be sent", report.Id);
            return UploadPolicy.Unsendable(report, $"it cannot be sent: {unsendable.Message}");
        }
    }

    // Not to be sent when that could not be remembered: it would be no limit.
    private bool TryNoteLimited([NotNullWhen(false)] out string? problem)
    {
        try
        {
            database.Settings.SetLastLimitedUpload(time.GetUtcNow());
            problem = null;
            return true;
        }
        catch (Exception unwritable) when (unwritable is SyscallException or DatabaseException)
        {
            problem = $"the rate limit cannot be kept: {unwritable.Message}";
            return false;
        }
    }

    // What a server answered is never forgotten for a full disk: the report would be sent again. Until it is stored, it waits, and the others do not.
    private void StoreUnstored()
    {
        foreach (ReportRecord record in _unstored.Values.ToList())
        {
            try
            {
                Store(record);
                _unstored.Remove(record.Id);
            }
            catch (Exception failure) when (failure is SyscallException or IOException or UnauthorizedAccessException)
            {
                log.Value.Error("What became of report {Id} cannot be stored: {Reason}", record.Id, failure.Message);
            }
        }
    }

    private void Store(ReportRecord record)
    {
        database.Update(record);
        _waiting.Changed(record);
    }

    /// <returns>False: something came in between, which is to be looked at first.</returns>
    private bool SkipAll(CancellationToken stopping)
    {
        foreach (WaitingReport report in _waiting.All.Where(report => !report.IsExplicit).ToList())
        {
            stopping.ThrowIfCancellationRequested();
            if (_woken.Task.IsCompleted)
            {
                return false;
            }

            if (database.FindPending(report.Id) is { } record)
            {
                Store(UploadPolicy.Skipped(record));
            }
            else
            {
                _waiting.Forget(report.Id);
            }
        }

        return true;
    }

    /// <summary>Tells those who wait for reports that are settled, but for those who came after the last look: it may not have seen their reports.</summary>
    private void Settle(Func<string, bool> isSettled)
    {
        foreach (string id in _watched.Where(isSettled))
        {
            if (_awaited.TryRemove(id, out TaskCompletionSource? awaited))
            {
                awaited.TrySetResult();
            }
        }
    }

    // flock has no other way to wait than a thread. It ends with the process, or when the lock comes.
    private void AwaitLock()
    {
        if (_lockWaiter is null)
        {
            _lockWaiter = new Thread(WaitForLock) { IsBackground = true, Name = "uploads.lock" };
            _lockWaiter.Start();
        }
    }

    private void WaitForLock()
    {
        try
        {
            FileDescriptor taken = database.LockUploads();
            lock (_gate)
            {
                _awaitedLock = taken;
                if (_isEnded)
                {
                    taken.Dispose();
                }
            }

            Wake();
        }
        catch (Exception failure) when (failure is SyscallException or IOException or UnauthorizedAccessException)
        {
            lock (_gate)
            {
                // The next look tries again.
                _lockWaiter = null;
            }

            log.Value.Error("Another handler uploads, and its end will not be noticed at once: {Reason}", failure.Message);
        }
    }

    private static bool IsTimeout(Exception failure, CancellationToken stopping) => failure is OperationCanceledException && !stopping.IsCancellationRequested;

    private static bool TryParse(string? address, [NotNullWhen(true)] out Uri? url)
        => Uri.TryCreate(address, UriKind.Absolute, out url) && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps);

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private string? UrlOf(WaitingReport report) => report.Url ?? fallbackUrl?.AbsoluteUri;
}
