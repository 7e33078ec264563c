using System.Globalization;
using CrashHandler.Handler.Reports;

namespace CrashHandler.Handler.Cli;

/// <summary>A report in a table: only what is shown of it.</summary>
/// <param name="Created">Time of the crash.</param>
/// <param name="Cells">A text for each of <see cref="Columns"/>, as it is in the record: not escaped.</param>
internal sealed record ReportRow(DateTimeOffset Created, IReadOnlyList<string> Cells)
{
    /// <summary>What is shown.</summary>
    public static IReadOnlyList<TableColumn> Columns { get; } =
        ["ID", "TIME (UTC)", TableColumn.Elastic("TYPE"), "PID", TableColumn.Elastic("REASON"), "STATE", TableColumn.Elastic("SERVER'S ID")];

    /// <summary>Of a report.</summary>
    public static ReportRow Of(ReportRecord report) => new(
        report.Created,
        [
            report.Id, string.Create(CultureInfo.InvariantCulture, $"{report.Created.UtcDateTime:yyyy-MM-dd HH:mm:ss}"), report.ProcessType,
            report.ProcessId.ToString(CultureInfo.InvariantCulture), report.Reason, ReportJson.StateName(report.State), report.ServerId ?? "-",
        ]);
}
