using System.Text;
using System.Text.Json;
using CrashHandler.Handler.Reports;

namespace CrashHandler.Handler.Upload;

/// <summary>What an attempt means for a report. Pure: a function of the record, the answer and the time.</summary>
internal static class UploadPolicy
{
    private const string DiscardedPrefix = "Discarded=";
    private const string CrashIdPrefix = "CrashID=";

    private static readonly string[] s_idNames = ["id", "_rxid", "crashId"];

    /// <summary>The record after a server answered.</summary>
    public static ReportRecord Answered(ReportRecord report, ServerAnswer answer, DateTimeOffset now)
    {
        ReportRecord tried = report with { Attempts = report.Attempts + 1, LastAttempt = now, LastError = null, NextAttempt = null };
        string text = Trim(answer.Body);
        if (answer.Status is >= 200 and <= 203)
        {
            return text.StartsWith(DiscardedPrefix, StringComparison.Ordinal)
                ? tried with { State = ReportState.Discarded, ServerAnswer = text, LastError = $"the server does not want it: {text}" }
                : tried with { State = ReportState.Uploaded, UploadedAt = now, ServerAnswer = text, ServerId = ParseId(text) };
        }

        string error = $"the server answered {answer.Status}{(text.Length > 0 ? $": {FirstLine(text)}" : "")}";
        if (!IsTransient(answer.Status) || tried.Attempts >= UploadLimits.MaxAnsweredFailures)
        {
            return tried with { State = ReportState.Failed, LastError = error };
        }

        return tried with { LastError = error, NextAttempt = now + (Asked(answer) ?? Delay(tried.Id, tried.Attempts + tried.Unanswered)) };
    }

    /// <summary>The record after no server answered: not an attempt, tried again later.</summary>
    public static ReportRecord Unanswered(ReportRecord report, string error, DateTimeOffset now)
        => report with { Unanswered = report.Unanswered + 1, LastAttempt = now, LastError = error, NextAttempt = now + Delay(report.Id, report.Attempts + report.Unanswered + 1) };

    /// <summary>The record of a report that goes nowhere.</summary>
    public static ReportRecord Unsendable(ReportRecord report, string error) => report with { State = ReportState.Failed, LastError = error, NextAttempt = null };

    /// <summary>The record of a report that waited when uploads were switched off.</summary>
    public static ReportRecord Skipped(ReportRecord report) => report with { State = ReportState.Skipped, NextAttempt = null };

    /// <summary>The record of a report that somebody asks for: a new beginning, before all others, whatever became of it.</summary>
    /// <param name="report">The report.</param>
    /// <param name="url">Where to; null: as before. Headers stay behind: they were meant for another server.</param>
    public static ReportRecord Requested(ReportRecord report, string? url) => report with
    {
        State = ReportState.Pending,
        ExplicitRequest = true,
        Attempts = 0,
        Unanswered = 0,
        NextAttempt = null,
        Delivery = url is null || url == report.Delivery.Url ? report.Delivery : report.Delivery with { Url = url, Headers = null },
    };

    /// <summary>How long until a report is due; zero or less: it is. No delay is longer than the longest there is: else the clock was set back.</summary>
    /// <param name="report">The report.</param>
    /// <param name="now">The time.</param>
    /// <param name="lastLimited">When a report under the rate limit was last sent; null: never.</param>
    public static TimeSpan UntilDue(WaitingReport report, DateTimeOffset now, DateTimeOffset? lastLimited)
    {
        TimeSpan due = report.NextAttempt is { } next && next - now <= UploadLimits.MaxRetryAfter ? next - now : TimeSpan.Zero;
        TimeSpan allowed = report.IsRateLimited && !report.IsExplicit && lastLimited is { } last && last <= now ? last + UploadLimits.RateLimit - now : TimeSpan.Zero;
        return due > allowed ? due : allowed;
    }

    /// <summary>Whether a status may be another one next time.</summary>
    public static bool IsTransient(int status) => status is 408 or 425 or 429 or (>= 500 and <= 599);

    /// <summary>The delay after the given number of failures. Its jitter is the report's own, so that it is the same whoever asks.</summary>
    public static TimeSpan Delay(string reportId, int failures)
    {
        double factor = Math.Pow(UploadLimits.RetryGrowth, Math.Clamp(failures - 1, 0, 30));
        double milliseconds = Math.Min(UploadLimits.FirstRetry.TotalMilliseconds * factor, UploadLimits.LongestRetry.TotalMilliseconds);
        return TimeSpan.FromMilliseconds(Math.Floor(milliseconds * (1 + (UploadLimits.Jitter * Spread(reportId, failures)))));
    }

    /// <summary>What a server calls a report: the value of <c>CrashID=</c>, JSON's id, _rxid or crashId, else the first line.</summary>
    public static string ParseId(string answer)
    {
        string firstLine = FirstLine(answer);
        if (firstLine.StartsWith(CrashIdPrefix, StringComparison.Ordinal))
        {
            return firstLine[CrashIdPrefix.Length..];
        }

        if (answer.StartsWith('{'))
        {
            try
            {
                using JsonDocument document = JsonDocument.Parse(answer);
                foreach (string name in s_idNames)
                {
                    if (document.RootElement.TryGetProperty(name, out JsonElement id) && id.ValueKind is JsonValueKind.String or JsonValueKind.Number)
                    {
                        return id.ToString();
                    }
                }
            }
            catch (Exception broken) when (broken is JsonException or InvalidOperationException)
            {
                return firstLine; // It only looked like JSON, or its text is half a character.
            }
        }

        return firstLine;
    }

    // FNV-1a, 32 bits, as a part of 1.
    private static double Spread(string reportId, int failures)
    {
        uint hash = 2_166_136_261;
        foreach (char c in reportId.Append((char)failures))
        {
            hash = (hash ^ c) * 16_777_619;
        }

        return hash / (double)uint.MaxValue;
    }

    private static string FirstLine(string text) => text.Split('\n')[0].Trim();

    private static string Trim(string body)
    {
        string text = body.Trim();
        Span<byte> kept = stackalloc byte[UploadLimits.MaxKeptAnswerBytes];
        // Stops before the character that does not fit.
        Encoding.UTF8.GetEncoder().Convert(text, kept, flush: false, out int characters, out _, out _);
        return text[..characters];
    }

    // A date that has passed says that the clocks differ, and would use up all attempts at once.
    private static TimeSpan? Asked(ServerAnswer answer)
        => answer.RetryAfter is { } asked && asked > TimeSpan.Zero ? TimeSpan.FromTicks(Math.Min(asked.Ticks, UploadLimits.MaxRetryAfter.Ticks)) : null;
}
