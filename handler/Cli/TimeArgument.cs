using System.Globalization;

namespace CrashHandler.Handler.Cli;

/// <summary>A point in time as people write it: <c>2h</c> ago, or a date and time.</summary>
internal static class TimeArgument
{
    /// <summary>What is taken, for help and errors.</summary>
    public const string Forms = "an age such as 90s, 15m, 2h, 3d or 2w, or an ISO 8601 date or time such as 2026-01-31 or 2026-01-31T12:30Z (UTC unless it says otherwise)";

    private static readonly string[] s_formats =
    [
        "yyyy-MM-dd", "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd HH:mmK", "yyyy-MM-dd HH:mm:ssK", "yyyy-MM-dd HH:mm:ss.FFFFFFFK",
    ];

    /// <summary>What it means.</summary>
    /// <param name="text">The text.</param>
    /// <param name="now">From when an age counts.</param>
    /// <returns>Null: it is none of the <see cref="Forms"/>. An age that is older than time itself is the beginning of it.</returns>
    public static DateTimeOffset? Parse(string text, DateTimeOffset now)
        => Age(text) is { } age ? (age < now - DateTimeOffset.MinValue ? now - age : DateTimeOffset.MinValue)
            : DateTimeOffset.TryParseExact(text, s_formats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time) ? time
            : null;

    private static TimeSpan? Age(string text)
    {
        TimeSpan? unit = text.Length < 2 ? null : text[^1] switch
        {
            's' => TimeSpan.FromSeconds(1),
            'm' => TimeSpan.FromMinutes(1),
            'h' => TimeSpan.FromHours(1),
            'd' => TimeSpan.FromDays(1),
            'w' => TimeSpan.FromDays(7),
            _ => null,
        };
        return unit is { } one && int.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out int count)
            ? TimeSpan.FromTicks((long)Math.Min((decimal)one.Ticks * count, TimeSpan.MaxValue.Ticks))
            : null;
    }
}
