using CrashHandler.Handler.Doctor.Facts;

namespace CrashHandler.Handler.Doctor.Checks;

/// <summary>Whether the server can be reached. Nothing is sent but an OPTIONS request.</summary>
internal static class ServerCheck
{
    private const string Check = "server";
    private const int ProxyAuthenticationRequired = 407, ServerError = 500, NotFound = 404;

    /// <summary>Judges.</summary>
    /// <param name="facts">What came of it; null: no URL is known.</param>
    public static Finding Evaluate(ServerFacts? facts)
    {
        if (facts is null)
        {
            return Finding.NotApplicable(Check, "no URL is known; name one with --url");
        }

        string through = facts.Proxy is null ? "" : $" through the proxy {facts.Proxy}";
        const string Waits = "Reports wait, and are sent when it can be reached.";
        if (facts.Failure is { } failure)
        {
            return Finding.Problem(Check, $"{facts.Url}{through}: {facts.Reason}", Waits, RemedyOf(failure, facts.Proxy is not null));
        }

        string found = $"{facts.Url}{through} answered {facts.Status} in {facts.Took.TotalMilliseconds:0} ms";
        return facts.Status switch
        {
            ProxyAuthenticationRequired => Finding.Problem(Check, found, $"The proxy wants to know who asks. {Waits}", "Put user and password into HTTPS_PROXY or HTTP_PROXY, or the host into NO_PROXY."),
            >= ServerError => Finding.Warning(Check, found, "It can be reached, and has trouble of its own, or dislikes the question.", "Ask again later; 'crash-handler reports upload ID' tries it in earnest."),
            NotFound => Finding.Warning(Check, found, "It can be reached; nothing may be at this path. (Some servers answer so to anything but a report.)", "Check the URL; 'crash-handler reports upload ID' tries it in earnest."),
            _ => Finding.Ok(Check, found, "It can be reached. Whether it takes reports, only a report shows."),
        };
    }

    private static string RemedyOf(ServerFailure failure, bool hasProxy) => failure switch
    {
        ServerFailure.Name => SystemWords.CheckNames,
        ServerFailure.Tls => $"Check the clock, and that the server's certificate, or its proxy's, is signed by one that this machine trusts ({SystemWords.TrustedCertificates}).",
        ServerFailure.Proxy => "Check HTTPS_PROXY, HTTP_PROXY and NO_PROXY as the handler has them: it inherits those of the first process that started it.",
        ServerFailure.Time or ServerFailure.Connect when hasProxy => "Check the proxy (HTTPS_PROXY, HTTP_PROXY, NO_PROXY), and that it lets this host through.",
        ServerFailure.Time or ServerFailure.Connect => "Check host, port and firewall; where a proxy is needed, set HTTPS_PROXY for the application.",
        _ => "Check scheme and port: is it an HTTP server?",
    };
}
