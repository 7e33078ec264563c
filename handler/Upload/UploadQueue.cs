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

    private readonly SemaphoreSlim _wake = new(0);
    private Task? _worker;
    private HttpClient? _http;
    private DateTimeOffset _lastUpload = DateTimeOffset.MinValue;
    private volatile UploadQueueStatus _status = new(null, null);

    /// <summary>What it is at.</summary>
    public UploadQueueStatus Status => _status;

    /// <summary>Completes when the worker has ended.</summary>
    public Task Finished => _worker ?? Task.CompletedTask;

    /// <summary>Starts the worker; it ends when <paramref name="stopping"/> is cancelled.</summary>
    public void Start(CancellationToken stopping) => _worker = Task.Run(() => RunAsync(stopping), CancellationToken.None);

    /// <summary>There may be work. From any thread.</summary>
    public void Wake() => _wake.Release();

    private async Task RunAsync(CancellationToken stopping)
    {
        try
        {
            using FileDescriptor held = await LockAsync(stopping).ConfigureAwait(false);
            database.Sweep();
            while (true)
            {
                TimeSpan? wait = await SendDueAsync(stopping).ConfigureAwait(false);
                await WaitAsync(wait, stopping).ConfigureAwait(false);
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
        }
    }

    private async Task<FileDescriptor> LockAsync(CancellationToken stopping)
    {
        while (true)
        {
            if (database.TryLockUploads() is { } held)
            {
                return held;
            }

            await WaitAsync(UploadLimits.LockRetry, stopping).ConfigureAwait(false);
        }
    }

    /// <summary>Sends all that is due.</summary>
    /// <returns>How long until something is due; null: nothing is known to be.</returns>
    private async Task<TimeSpan?> SendDueAsync(CancellationToken stopping)
    {
        while (true)
        {
            bool allowed = database.Settings.IsUploadAllowed;
            List<ReportRecord> waiting =
            [
                .. database.List()
                    .Where(report => report.State == ReportState.Pending && (allowed || report.ExplicitRequest) && UrlOf(report) is not null)
                    .OrderByDescending(report => report.ExplicitRequest).ThenByDescending(report => report.Created),
            ];
            DateTimeOffset now = time.GetUtcNow();
            if (waiting.FirstOrDefault(report => report.NextAttempt is not { } next || next <= now) is not { } due)
            {
                return waiting.Count == 0 ? null : waiting.Min(report => report.NextAttempt!.Value) - now;
            }

            TimeSpan pause = _lastUpload + UploadLimits.BetweenUploads - now;
            if (pause > TimeSpan.Zero)
            {
                await Task.Delay(pause, time, stopping).ConfigureAwait(false);
            }

            await SendAsync(due, UrlOf(due)!, stopping).ConfigureAwait(false);
        }
    }

    private async Task SendAsync(ReportRecord report, Uri url, CancellationToken stopping)
    {
        _status = _status with { Current = report.Id };
        ReportRecord after;
        try
        {
            ServerAnswer answer = await PostAsync(report, url, stopping).ConfigureAwait(false);
            after = UploadPolicy.Answered(report, answer, time.GetUtcNow());
        }
        catch (Exception unreachable) when (unreachable is HttpRequestException or IOException || (unreachable is OperationCanceledException && !stopping.IsCancellationRequested))
        {
            string reason = unreachable is OperationCanceledException ? $"no answer within {UploadLimits.Attempt.TotalSeconds:0} s" : unreachable.Message;
            after = UploadPolicy.Unanswered(report, reason, time.GetUtcNow());
        }

        _lastUpload = time.GetUtcNow();
        database.Update(after);
        _status = new UploadQueueStatus(null, after.LastError ?? _status.LastError);
        log.Value.Information("Report {Id} to {Url}: {State} {Answer}", report.Id, UrlRedaction.Redact(url), after.State, after.ServerId ?? after.LastError);
    }

    private async Task<ServerAnswer> PostAsync(ReportRecord report, Uri url, CancellationToken stopping)
    {
        byte[] dump = await File.ReadAllBytesAsync(database.DumpPath(report), stopping).ConfigureAwait(false);
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
        string body = await ReadBoundedAsync(response.Content, either.Token).ConfigureAwait(false);
        TimeSpan? retryAfter = response.Headers.RetryAfter is not { } header ? null : header.Delta ?? (header.Date - time.GetUtcNow());
        return new ServerAnswer((int)response.StatusCode, body, retryAfter);
    }

    private static HttpClient NewClient()
        => new(new SocketsHttpHandler { AllowAutoRedirect = false }) { Timeout = Timeout.InfiniteTimeSpan, DefaultRequestHeaders = { ExpectContinue = false } };

    private static async Task<string> ReadBoundedAsync(HttpContent content, CancellationToken cancellation)
    {
        byte[] buffer = new byte[UploadLimits.MaxAnswerBytes];
        await using Stream stream = await content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        int length = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellation).ConfigureAwait(false);
        return Encoding.UTF8.GetString(buffer, 0, length);
    }

    private Uri? UrlOf(ReportRecord report) => report.Url is { } own && Uri.TryCreate(own, UriKind.Absolute, out Uri? url) ? url : fallbackUrl;

    private async Task WaitAsync(TimeSpan? limit, CancellationToken stopping)
    {
        TimeSpan delay = limit is { } some ? (some > TimeSpan.Zero ? some : TimeSpan.Zero) : Timeout.InfiniteTimeSpan;
        await _wake.WaitAsync(delay, stopping).ConfigureAwait(false);
        // Many wake-ups are one.
        while (_wake.Wait(0, CancellationToken.None))
        {
        }
    }
}
