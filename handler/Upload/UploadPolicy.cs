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
        if (answer.Status is >= 200 and <= 203)
        {
            string text = Trim(answer.Body);
            return text.StartsWith(DiscardedPrefix, StringComparison.Ordinal)
                ? tried with { State = ReportState.Discarded, ServerAnswer = text, LastError = $"the server does not want it: {text}" }
                : tried with { State = ReportState.Uploaded, UploadedAt = now, ServerAnswer = text, ServerId = ParseId(text) };
        }

        string error = $"the server answered {answer.Status}{(answer.Body.Length > 0 ? $": {Trim(answer.Body).Split('\n')[0]}" : "")}";
        if (!IsTransient(answer.Status) || tried.Attempts >= UploadLimits.MaxAnsweredFailures)
        {
            return tried with { State = ReportState.Failed, LastError = error };
        }

        return tried with { LastError = error, NextAttempt = now + (answer.RetryAfter is { } asked ? Cap(asked) : Delay(tried.Attempts)) };
    }

    /// <summary>The record after no server answered: not an attempt, tried again later.</summary>
    public static ReportRecord Unanswered(ReportRecord report, string error, DateTimeOffset now)
        => report with { LastAttempt = now, LastError = error, NextAttempt = now + Delay(report.Attempts + 1) };

    /// <summary>Whether a status may be another one next time.</summary>
    public static bool IsTransient(int status) => status is 408 or 425 or 429 or (>= 500 and <= 599);

    /// <summary>The delay after the given number of failures.</summary>
    public static TimeSpan Delay(int failures)
    {
        double factor = Math.Pow(2, Math.Clamp(failures - 1, 0, 30));
        return TimeSpan.FromTicks((long)Math.Min(UploadLimits.FirstRetry.Ticks * factor, UploadLimits.LongestRetry.Ticks));
    }

    /// <summary>What a server calls a report: the value of <c>CrashID=</c>, JSON's id, _rxid or crashId, else the first line.</summary>
    public static string ParseId(string answer)
    {
        string firstLine = answer.Split('\n')[0].Trim();
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
            catch (JsonException)
            {
                return firstLine; // It only looked like JSON.
            }
        }

        return firstLine;
    }

    private static string Trim(string body)
    {
        string text = body.Trim();
        return text.Length <= UploadLimits.MaxIdCharacters ? text : text[..UploadLimits.MaxIdCharacters];
    }

    private static TimeSpan Cap(TimeSpan asked)
        => asked < TimeSpan.Zero ? TimeSpan.Zero : asked > UploadLimits.MaxRetryAfter ? UploadLimits.MaxRetryAfter : asked;
}
