using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Text;
using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Reports;
using Serilog;

namespace CrashHandler.Handler.Upload;

/// <summary>
/// The one worker that sends reports. Persistent: all it knows is in the records. It wakes on work or when the next attempt is due, and holds the
/// database's upload lock while it lives.
/// </summary>
internal sealed class UploadQueue(ReportDatabase database, Uri? fallbackUrl, TimeProvider time, Lazy<ILogger> log)
{
    private const string ReportIdField = "crash_report_id";

    private volatile TaskCompletionSource _woken = NewSignal();
    private volatile UploadQueueStatus _status = new(null, null);
    private Task? _worker;
    private FileDescriptor? _lock;
    private HttpClient? _http;
    private long? _lastUpload;
    private ReportRecord? _unstored;

    /// <summary>What it is at.</summary>
    public UploadQueueStatus Status => _status;

    /// <summary>Completes when the worker has ended.</summary>
    public Task Finished => _worker ?? Task.CompletedTask;

    /// <summary>Starts the worker; it ends when <paramref name="stopping"/> is cancelled.</summary>
    public void Start(CancellationToken stopping) => _worker = Task.Run(() => RunAsync(stopping), CancellationToken.None);

    /// <summary>There may be work. From any thread.</summary>
    public void Wake() => _woken.TrySetResult();

    private async Task RunAsync(CancellationToken stopping)
    {
        try
        {
            while (true)
            {
                // Before the look, so that what comes during it is not lost.
                _woken = NewSignal();
                TimeSpan wait = await WorkAsync(stopping).ConfigureAwait(false);
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
            _status = new UploadQueueStatus(null, failure.Message);
            log.Value.Error(failure, "The upload queue ended; reports are kept, and sent by the next handler");
        }
        finally
        {
            _http?.Dispose();
            _lock?.Dispose();
        }
    }

    /// <summary>Does what there is to do now.</summary>
    /// <returns>How long until there is more, as far as is known.</returns>
    private async Task<TimeSpan> WorkAsync(CancellationToken stopping)
    {
        try
        {
            database.Recover(Tell);
            return TakeLock() ? await SendDueAsync(stopping).ConfigureAwait(false) : UploadLimits.LockRetry;
        }
        catch (Exception failure) when (failure is SyscallException or IOException or UnauthorizedAccessException or DatabaseException)
        {
            _status = new UploadQueueStatus(null, failure.Message);
            log.Value.Error("The upload queue cannot use its database: {Reason}; it tries again in {Seconds} s", failure.Message, UploadLimits.DiskRetry.TotalSeconds);
            return UploadLimits.DiskRetry;
        }
    }

    private bool TakeLock()
    {
        if (_lock is null && database.TryLockUploads() is { } taken)
        {
            _lock = taken;
            database.Sweep(Tell);
        }

        return _lock is not null;
    }

    private void Tell(string finding) => log.Value.Warning("{Finding}", finding);

    private async Task<TimeSpan> SendDueAsync(CancellationToken stopping)
    {
        while (true)
        {
            stopping.ThrowIfCancellationRequested();
            StoreUnstored();
            bool allowed = database.Settings.IsUploadAllowed;
            DateTimeOffset now = time.GetUtcNow();
            List<ReportRecord> waiting =
            [
                .. database.ListPending()
                    .Where(report => (allowed || report.ExplicitRequest) && UrlOf(report) is not null)
                    .OrderByDescending(report => report.ExplicitRequest).ThenByDescending(report => report.Created),
            ];
            if (waiting.Find(report => UploadPolicy.UntilDue(report, now) <= TimeSpan.Zero) is not { } due)
            {
                return waiting.Select(report => UploadPolicy.UntilDue(report, now)).Append(UploadLimits.LookAgain).Min();
            }

            TimeSpan pause = _lastUpload is { } last ? UploadLimits.BetweenUploads - time.GetElapsedTime(last) : TimeSpan.Zero;
            if (pause > TimeSpan.Zero)
            {
                return pause;
            }

            await SendAsync(due, UrlOf(due)!, stopping).ConfigureAwait(false);
        }
    }

    private async Task SendAsync(ReportRecord report, string address, CancellationToken stopping)
    {
        _status = _status with { Current = report.Id };
        ReportRecord after;
        string shown = "(no URL)";
        if (!TryParse(address, out Uri? url))
        {
            after = UploadPolicy.Unsendable(report, "its URL is not an absolute http or https one");
        }
        else
        {
            shown = UrlRedaction.Redact(url);
            after = await AttemptAsync(report, url, stopping).ConfigureAwait(false);
            _lastUpload = time.GetTimestamp();
        }

        _unstored = after;
        StoreUnstored();
        _status = new UploadQueueStatus(null, after.LastError ?? _status.LastError);
        log.Value.Information("Report {Id} to {Url}: {State} {Answer}", report.Id, shown, after.State, after.ServerId ?? after.LastError);
    }

    private async Task<ReportRecord> AttemptAsync(ReportRecord report, Uri url, CancellationToken stopping)
    {
        try
        {
            ServerAnswer answer = await PostAsync(report, url, stopping).ConfigureAwait(false);
            return UploadPolicy.Answered(report, answer, time.GetUtcNow());
        }
        catch (Exception unreachable) when (unreachable is HttpRequestException or IOException or SyscallException || IsTimeout(unreachable, stopping))
        {
            string reason = unreachable is OperationCanceledException ? $"no answer within {UploadLimits.Attempt.TotalSeconds:0} s" : unreachable.Message;
            return UploadPolicy.Unanswered(report, reason, time.GetUtcNow());
        }
    }

    // What a server answered is never forgotten for a full disk: the report would be sent again.
    private void StoreUnstored()
    {
        if (_unstored is { } record)
        {
            database.Update(record);
            _unstored = null;
        }
    }

    private async Task<ServerAnswer> PostAsync(ReportRecord report, Uri url, CancellationToken stopping)
    {
        byte[] dump = await database.ReadDumpAsync(report, stopping).ConfigureAwait(false);
        Dictionary<string, string> fields = new(report.Parameters) { [ReportIdField] = report.Id };
        MultipartFormData form = MultipartFormData.Build(fields, $"{report.Id}.dmp", dump);
        using ByteArrayContent content = new(form.Bytes);
        content.Headers.TryAddWithoutValidation("Content-Type", form.ContentType);
        using HttpRequestMessage request = new(HttpMethod.Post, url) { Content = content, Version = HttpVersion.Version11, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        if (url.UserInfo.Length > 0)
        {
            request.Headers.TryAddWithoutValidation("Authorization", "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(Uri.UnescapeDataString(url.UserInfo))));
        }

        using CancellationTokenSource limit = new(UploadLimits.Attempt, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(stopping, limit.Token);
        _http ??= NewClient();
        using HttpResponseMessage response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token).ConfigureAwait(false);
        string body = await AnswerBody.ReadAsync(response.Content, either.Token).ConfigureAwait(false);
        TimeSpan? retryAfter = response.Headers.RetryAfter is not { } header ? null : header.Delta ?? (header.Date - time.GetUtcNow());
        return new ServerAnswer((int)response.StatusCode, body, retryAfter);
    }

    private static HttpClient NewClient()
        => new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { Timeout = Timeout.InfiniteTimeSpan, DefaultRequestHeaders = { ExpectContinue = false } };

    private static bool IsTimeout(Exception failure, CancellationToken stopping) => failure is OperationCanceledException && !stopping.IsCancellationRequested;

    private static bool TryParse(string address, [NotNullWhen(true)] out Uri? url)
        => Uri.TryCreate(address, UriKind.Absolute, out url) && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps);

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private string? UrlOf(ReportRecord report) => report.Url ?? fallbackUrl?.AbsoluteUri;
}
