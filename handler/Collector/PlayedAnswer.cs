using System.Globalization;

namespace CrashHandler.Handler.Collector;

/// <summary>An answer that some crash server gives to a report that is right. What each looks like was seen, or is documented, of the server it is named after.</summary>
/// <param name="Name">As <c>collect --play</c> takes it.</param>
/// <param name="Says">What it plays, in words.</param>
internal sealed record PlayedAnswer(string Name, string Says)
{
    private const string Json = "application/json";
    private static int s_number;

    /// <summary>HTTP status.</summary>
    public int Status { get; init; } = 200;

    /// <summary>Content-Type of the body.</summary>
    public string ContentType { get; init; } = "text/plain; charset=utf-8";

    /// <summary>The report's id, as the server makes ids; null: the server does not take the report.</summary>
    public Func<string>? MakeId { get; init; }

    /// <summary>The body, by the report's id.</summary>
    public Func<string, string> Body { get; init; } = _ => "";

    /// <summary>A header, by the time; null: none.</summary>
    public Func<DateTimeOffset, string>? Header { get; init; }

    /// <summary>How long it lets the client wait before.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>How it ends.</summary>
    public AnswerEnd End { get; init; }

    /// <summary>Every answer, with a number of seconds where it has one.</summary>
    public static IReadOnlyList<PlayedAnswer> All(int? seconds = null) =>
    [
        new("accept", "200 CrashID=..., as Socorro") { MakeId = SocorroId, Body = id => $"CrashID={id}\n" },
        new("accept-sentry", "200 and the event's id, as Sentry") { MakeId = Uuid, Body = id => id },
        new("accept-backtrace", "200 and JSON with _rxid, as Backtrace") { MakeId = Uuid, ContentType = Json, Body = id => $$"""{"response":"ok","_rxid":"{{id}}"}""" },
        new("accept-bugsplat", "200 and JSON with crashId, as BugSplat") { MakeId = Number, ContentType = Json, Body = id => $$"""{"status":"success","crashId":{{id}}}""" },
        new("accept-mini-breakpad", "200 and the id alone, as mini-breakpad-server") { MakeId = Uuid, ContentType = "text/html; charset=utf-8", Body = id => id },
        new("accept-simple-breakpad", "200 and JSON with id, as simple-breakpad-server")
        {
            MakeId = Number, ContentType = Json, Body = id => $"{{\n  \"id\": {id},\n  \"product\": \".NET\"\n}}",
        },
        new("discard", "200 Discarded=..., as Socorro's throttling") { Body = _ => "Discarded=rule_unsupported_product" },
        new("malformed", "400 Discarded=malformed_..., as Socorro") { Status = 400, Body = _ => "Discarded=malformed_invalid_payload_structure" },
        new("unauthorized", "403, as Sentry for a wrong key") { Status = 403, ContentType = Json, Body = _ => """{"detail":"event rejected"}""" },
        new("too-large", "413, as any front end") { Status = 413, ContentType = "text/html", Body = _ => "<html><body>413 Request Entity Too Large</body></html>" },
        new("slow", "200 after a while (slow:SECONDS; 10)")
        {
            MakeId = SocorroId, Body = id => $"CrashID={id}\n", Delay = seconds is { } wait ? TimeSpan.FromSeconds(wait) : CollectorLimits.SlowAnswer,
        },
        new("rate-limited", "429 with Retry-After in seconds (rate-limited:SECONDS; 2)")
        {
            Status = 429, Header = _ => $"Retry-After: {seconds ?? CollectorLimits.RetryAfterSeconds}",
        },
        new("rate-limited-date", "429 with Retry-After as a date (rate-limited-date:SECONDS; 2)")
        {
            Status = 429, Header = now => $"Retry-After: {now.AddSeconds(seconds ?? CollectorLimits.RetryAfterSeconds).ToString("R", CultureInfo.InvariantCulture)}",
        },
        new("error", "500 and nothing, as Socorro when it cannot store") { Status = 500 },
        new("unavailable", "503, as Sentry with a full queue") { Status = 503 },
        new("drop", "the connection is closed without an answer") { End = AnswerEnd.Drop },
        new("redirect", "302") { Status = 302, Header = _ => "Location: /elsewhere" },
        new("endless", "200 and a body without an end") { MakeId = SocorroId, Body = id => $"CrashID={id}\n", End = AnswerEnd.Endless },
        new("cut", "200 and a body that breaks off") { MakeId = SocorroId, Body = id => $"CrashID={id}\n", End = AnswerEnd.Cut },
    ];

    /// <summary>Reads a list of names: <c>NAME[:SECONDS],...</c>.</summary>
    /// <exception cref="FormatException">A name is unknown, or has no such number.</exception>
    public static IReadOnlyList<PlayedAnswer> Parse(string names) => [.. names.Split(',').Select(ParseOne)];

    private static PlayedAnswer ParseOne(string text)
    {
        string[] parts = text.Split(':', 2);
        int? seconds = parts.Length == 1 ? null
            : int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number
            : throw new FormatException($"'{text}' has no number of seconds");
        return All(seconds).FirstOrDefault(answer => answer.Name == parts[0])
            ?? throw new FormatException($"there is no answer '{parts[0]}'; there are {string.Join(", ", All().Select(answer => answer.Name))}");
    }

    private static string Uuid() => Guid.NewGuid().ToString();

    private static string Number() => Interlocked.Increment(ref s_number).ToString(CultureInfo.InvariantCulture);

    // The seventh character from the end says that it was accepted, the last six are the day.
    private static string SocorroId() => $"bp-{Uuid()[..^7]}0{DateTime.UtcNow.ToString("yyMMdd", CultureInfo.InvariantCulture)}";
}
