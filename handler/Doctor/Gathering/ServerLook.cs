using System.Diagnostics;
using System.Security.Authentication;
using CrashHandler.Handler.Doctor.Facts;
using CrashHandler.Protocol;

namespace CrashHandler.Handler.Doctor.Gathering;

/// <summary>Asks a server for its options, as an upload would reach it: no report comes of it.</summary>
internal static class ServerLook
{
    /// <summary>Asks.</summary>
    public static ServerFacts? Gather(Uri? url)
    {
        if (url is null)
        {
            return null;
        }

        Uri? proxy = ProxyFor(url);
        long began = Stopwatch.GetTimestamp();
        ServerFacts facts = new()
        {
            Url = UrlRedaction.Redact(url),
            Proxy = proxy is null ? null : UrlRedaction.Redact(proxy),
            Failure = null,
            Reason = null,
            Status = null,
            ClockOffset = null,
            Took = default,
        };
        try
        {
            using HttpClient http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { Timeout = DoctorLimits.Server };
            // Without credentials: nobody is told who asks.
            using HttpRequestMessage request = new(HttpMethod.Options, new UriBuilder(url) { UserName = "", Password = "" }.Uri);
            // Not Send: a name that nobody answers for would keep it beyond its limit.
            using HttpResponseMessage response = http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).GetAwaiter().GetResult();
            return facts with { Status = (int)response.StatusCode, ClockOffset = response.Headers.Date - DateTimeOffset.UtcNow, Took = Stopwatch.GetElapsedTime(began) };
        }
        catch (OperationCanceledException)
        {
            return facts with { Failure = ServerFailure.Time, Reason = $"no answer within {DoctorLimits.Server.TotalSeconds:0} s" };
        }
        catch (HttpRequestException failed)
        {
            return facts with { Failure = FailureOf(failed, proxy is not null), Reason = failed.InnerException is AuthenticationException secure ? $"{failed.Message} {secure.Message}" : failed.Message };
        }
    }

    private static ServerFailure FailureOf(HttpRequestException failed, bool hasProxy) => failed.HttpRequestError switch
    {
        HttpRequestError.NameResolutionError => hasProxy ? ServerFailure.Proxy : ServerFailure.Name,
        HttpRequestError.ConnectionError => ServerFailure.Connect,
        HttpRequestError.SecureConnectionError => ServerFailure.Tls,
        HttpRequestError.ProxyTunnelError => ServerFailure.Proxy,
        _ => ServerFailure.Http,
    };

    private static Uri? ProxyFor(Uri url) => HttpClient.DefaultProxy.IsBypassed(url) ? null : HttpClient.DefaultProxy.GetProxy(url) is { } proxy && proxy != url ? proxy : null;
}
