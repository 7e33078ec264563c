using System.Net;
using System.Text;
using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Reports;
using CrashHandler.Protocol;

namespace CrashHandler.Handler.Upload;

/// <summary>Sends a report over HTTP, once, and says what the server answered. Proxies and certificates are HttpClient's, as the platform configures them.</summary>
internal sealed class UploadClient(ReportDatabase database, TimeProvider time) : IDisposable
{
    /// <summary>Field of the report's id, the same in every attempt: a server can tell a report that comes twice.</summary>
    public const string ReportIdField = "crash_report_id";

    private const string AttachmentPrefix = "attachment_";
    private const string Authorization = "Authorization";

    // What servers answer that cannot read a compressed body.
    private static readonly int[] s_perhapsUnreadable = [400, 415, 500];

    // Not made before there is something to send: it costs megabytes.
    private HttpClient? _http;

    /// <summary>
    /// Sends a report; a compressed one that may not have been understood is sent once more as it is, and one that the server does not want to be asked about
    /// without asking.
    /// </summary>
    /// <exception cref="HttpRequestException">No server answered.</exception>
    /// <exception cref="IOException">Likewise, or the dump cannot be read.</exception>
    /// <exception cref="SyscallException">The dump cannot be opened.</exception>
    /// <exception cref="OperationCanceledException">There was no answer in time.</exception>
    public async Task<ServerAnswer> SendAsync(ReportRecord report, Uri url, CancellationToken cancellation)
    {
        using MultipartFormData form = FormOf(report);
        if (report.Delivery.Compress)
        {
            using GzipContent compressed = await GzipContent.CreateAsync(form, cancellation).ConfigureAwait(false);
            ServerAnswer answer = await PostAsync(report, url, compressed, cancellation).ConfigureAwait(false);
            if (!s_perhapsUnreadable.Contains(answer.Status))
            {
                return answer;
            }

            await Task.Delay(UploadLimits.BetweenUploads, time, cancellation).ConfigureAwait(false);
        }

        return await PostAsync(report, url, form, cancellation).ConfigureAwait(false);
    }

    public void Dispose() => _http?.Dispose();

    private MultipartFormData FormOf(ReportRecord report)
    {
        Dictionary<string, string> fields = new(report.Parameters) { [ReportIdField] = report.Id };
        return new MultipartFormData(fields,
        [
            .. report.HasDump ? [FileOf(MultipartFormData.DumpField, database.DumpPath(report))] : (FormFile[])[],
            // Somebody may have removed one: the report goes without it.
            .. report.Attachments.Select(name => (Name: name, Path: database.AttachmentPath(report, name))).Where(file => File.Exists(file.Path))
                .Select(file => FileOf(AttachmentPrefix + file.Name, file.Path)),
        ]);
    }

    private static FormFile FileOf(string field, string path)
    {
        using FileStream file = DurableFile.OpenStream(path);
        return new FormFile(field, Path.GetFileName(path), file.Length, () => DurableFile.OpenStream(path));
    }

    private async Task<ServerAnswer> PostAsync(ReportRecord report, Uri url, HttpContent content, CancellationToken cancellation)
    {
        // A server that refuses a long form answers before it has read it, and closes: that answer is lost to who is still sending.
        bool asksFirst = content.Headers.ContentLength > UploadLimits.AskFirstBytes;
        ServerAnswer answer = await PostOnceAsync(report, url, content, asksFirst, cancellation).ConfigureAwait(false);
        if (!asksFirst || answer.Status != (int)HttpStatusCode.ExpectationFailed)
        {
            return answer;
        }

        // It, or a proxy before it, does not know the question; it has seen nothing of the form.
        await Task.Delay(UploadLimits.BetweenUploads, time, cancellation).ConfigureAwait(false);
        return await PostOnceAsync(report, url, content, asksFirst: false, cancellation).ConfigureAwait(false);
    }

    private async Task<ServerAnswer> PostOnceAsync(ReportRecord report, Uri url, HttpContent content, bool asksFirst, CancellationToken cancellation)
    {
        // Not disposed of: its content would be, too, which is the caller's.
        HttpRequestMessage request = new(HttpMethod.Post, url) { Content = content, Version = HttpVersion.Version11, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        // A record may be of another release, or written by hand: what no request can carry stays out.
        foreach ((string name, string value) in (report.Delivery.Headers ?? new Dictionary<string, string>()).Where(header => UploadHeaders.Problem(header.Key, header.Value) is null))
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        if (url.UserInfo.Length > 0 && !request.Headers.Contains(Authorization))
        {
            request.Headers.TryAddWithoutValidation(Authorization, "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(Uri.UnescapeDataString(url.UserInfo))));
        }

        request.Headers.ExpectContinue = asksFirst;
        using CancellationTokenSource limit = new(UploadLimits.Attempt, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, limit.Token);
        _http ??= new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        using HttpResponseMessage response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token).ConfigureAwait(false);
        string body = await AnswerBody.ReadAsync(response.Content, either.Token).ConfigureAwait(false);
        TimeSpan? retryAfter = response.Headers.RetryAfter is not { } header ? null : header.Delta ?? (header.Date - time.GetUtcNow());
        return new ServerAnswer((int)response.StatusCode, body, retryAfter);
    }
}
