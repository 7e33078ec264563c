using CrashHandler.Handler.Minidump;
using CrashHandler.Handler.Reports;

namespace CrashHandler.Handler.Cli;

/// <summary>One report for people at a terminal: its record, then its minidump.</summary>
internal static class ReportText
{
    private const int LabelWidth = 12;

    /// <summary>Writes it.</summary>
    public static void Write(TextWriter output, ReportRecord report, string dumpPath, MinidumpFile dump)
    {
        Field(output, "Report", report.Id);
        Field(output, "State", State(report));
        Field(output, "Crashed", $"{report.Created.UtcDateTime:yyyy-MM-dd HH:mm:ss.fff} UTC");
        Field(output, "Process", $"{report.ProcessType}, pid {report.ProcessId}, {report.Executable}");
        Field(output, "Reason", report.Reason);
        Field(output, "File", dumpPath);
        if (report.Exception is { } exception)
        {
            Field(output, "Exception", $"{exception.Type}: {exception.Message}");
            output.WriteLine();
            output.WriteLine("The exception in its own words:");
            foreach (string line in exception.Text.TrimEnd().Split('\n'))
            {
                output.WriteLine($"  {TerminalText.Escape(line.TrimEnd('\r'))}");
            }
        }

        output.WriteLine();
        output.WriteLine("What is sent with it:");
        foreach ((string key, string value) in report.Parameters.OrderBy(parameter => parameter.Key, StringComparer.Ordinal))
        {
            output.WriteLine($"  {TerminalText.Escape(key)} = {TerminalText.Escape(value)}");
        }

        foreach (string name in report.Attachments)
        {
            output.WriteLine($"  file {TerminalText.Escape(name)}");
        }

        output.WriteLine();
        MinidumpText.Write(output, dump);
    }

    private static string State(ReportRecord report)
    {
        string state = ReportJson.StateName(report.State);
        if (report.ServerId is { } id)
        {
            state += $", the server calls it {id}";
        }

        if (report.LastError is { } error)
        {
            state += $"; last error: {error}";
        }

        return report.NextAttempt is { } next ? $"{state}; next attempt {next.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC" : state;
    }

    private static void Field(TextWriter output, string label, string value) => output.WriteLine($"{label.PadRight(LabelWidth)}{TerminalText.Escape(value)}");
}
