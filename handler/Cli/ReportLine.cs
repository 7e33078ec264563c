using System.Globalization;
using CrashHandler.Handler.Minidump;
using CrashHandler.Handler.Reports;

namespace CrashHandler.Handler.Cli;

/// <summary>A report on one line, for people at a terminal.</summary>
internal static class ReportLine
{
    /// <summary>Time, id, process, and what is known of its bug.</summary>
    /// <param name="report">The report.</param>
    /// <param name="width">Columns of the terminal; null: as long as it comes. Whatever it is, the id is whole.</param>
    public static string Of(ReportRecord report, int? width)
    {
        string head = string.Create(CultureInfo.InvariantCulture, $"{report.Created.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z  {report.Id}");
        string tail = TerminalText.Escape(string.Create(CultureInfo.InvariantCulture, $"{report.ProcessType}  {report.ProcessId}  {report.Signature ?? report.Reason}"));
        return $"{head}  {TextWidth.Cut(tail, Math.Max((width ?? int.MaxValue) - head.Length - 2, CliLimits.MinCellColumns))}";
    }
}
