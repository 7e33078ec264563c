using System.Globalization;
using System.Text.Json;

namespace CrashHandler.Handler.Cli;

/// <summary>A line of the handlers' log.</summary>
/// <param name="Time">When; null: the line goes on with what the one before says, as an exception's lines do.</param>
/// <param name="Level">Such as <c>INF</c> or <c>ERR</c>; null likewise.</param>
/// <param name="Handler">Pid of the handler; null likewise.</param>
/// <param name="Message">The rest.</param>
internal sealed record LogLine(DateTimeOffset? Time, string? Level, int? Handler, string Message)
{
    private const string TimeFormat = "yyyy-MM-dd HH:mm:ss.fff zzz";
    private const string TimeExample = "2026-01-02 03:04:05.678 +00:00";

    /// <summary>Takes a line apart.</summary>
    public static LogLine Parse(string line)
    {
        if (line.Length > TimeExample.Length && DateTimeOffset.TryParseExact(line[..TimeExample.Length], TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTimeOffset time)
            && line[TimeExample.Length..].Split(' ', 4) is ["", var level, var handler, var message]
            && int.TryParse(handler, NumberStyles.None, CultureInfo.InvariantCulture, out int pid))
        {
            return new LogLine(time, level, pid, message);
        }

        return new LogLine(null, null, null, line);
    }

    /// <summary>Writes its members.</summary>
    public void WriteTo(Utf8JsonWriter writer)
    {
        if (Time is { } time)
        {
            writer.WriteString("time", time.UtcDateTime);
        }
        else
        {
            writer.WriteNull("time");
        }

        writer.WriteString("level", Level);
        if (Handler is { } handler)
        {
            writer.WriteNumber("handler", handler);
        }
        else
        {
            writer.WriteNull("handler");
        }

        writer.WriteString("message", Message);
    }
}
