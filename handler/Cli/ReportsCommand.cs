using System.CommandLine;
using CrashHandler.Handler.Minidump;
using CrashHandler.Handler.Reports;

namespace CrashHandler.Handler.Cli;

/// <summary><c>reports</c>: what is in a database.</summary>
internal static class ReportsCommand
{
    public static Command Create() => new("reports", "Look at the reports of a database, and send them.") { List(), Show(), ReportsUploadCommand.Create() };

    private static Command List()
    {
        Option<string?> database = CommonOptions.Database(required: false);
        Option<bool> json = CommonOptions.Json();
        Command command = new("list", "List the reports, newest first.") { database, json };
        command.SetAction(parsed =>
        {
            ReportDatabase opened = DatabaseFinder.Open(parsed.GetValue(database));
            List<ReportRecord> reports = [.. opened.List(Complain).OrderByDescending(report => report.Created)];
            if (parsed.GetValue(json))
            {
                using Stream output = Console.OpenStandardOutput();
                ReportJson.WriteList(output, reports.Select(report => (report, opened.DumpPath(report))));
                output.WriteByte((byte)'\n');
            }
            else if (reports.Count == 0)
            {
                Console.Out.WriteLine($"No reports in '{TerminalText.Escape(opened.Path)}'.");
            }
            else
            {
                TextTable.Write(
                    Console.Out,
                    ["ID", "TIME (UTC)", "TYPE", "PID", "REASON", "STATE", "SERVER'S ID"],
                    reports.Select(report => new[]
                    {
                        report.Id, $"{report.Created.UtcDateTime:yyyy-MM-dd HH:mm:ss}", report.ProcessType, report.ProcessId.ToString(),
                        report.Reason, ReportJson.StateName(report.State), report.ServerId ?? "-",
                    }));
            }

            return CommandLine.Done;
        });
        return command;
    }

    private static Command Show()
    {
        Argument<string> id = new("ID") { Description = "The report's id, or the beginning of one." };
        Option<string?> database = CommonOptions.Database(required: false);
        Option<bool> json = CommonOptions.Json();
        Command command = new("show", "Show one report and its minidump.") { id, database, json };
        command.SetAction(parsed =>
        {
            ReportDatabase opened = DatabaseFinder.Open(parsed.GetValue(database));
            ReportRecord report = DatabaseFinder.Find(opened, parsed.GetValue(id)!, Complain);
            string dumpPath = opened.DumpPath(report);
            MinidumpFile dump = MinidumpCommand.Read(dumpPath);
            if (parsed.GetValue(json))
            {
                using Stream output = Console.OpenStandardOutput();
                ReportJson.WriteOne(output, report, dumpPath, dump);
                output.WriteByte((byte)'\n');
            }
            else
            {
                ReportText.Write(Console.Out, report, dumpPath, dump);
            }

            return CommandLine.Done;
        });
        return command;
    }

    private static void Complain(string problem) => Console.Error.WriteLine($"crash-handler: {TerminalText.Escape(problem)}");
}
