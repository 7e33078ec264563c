using System.CommandLine;
using CrashHandler.Handler.Minidump;
using CrashHandler.Handler.Reports;

namespace CrashHandler.Handler.Cli;

/// <summary><c>reports</c>: what is in a database.</summary>
internal static class ReportsCommand
{
    public static Command Create() => new("reports", "Look at the reports of a database, and send them.") { List(), ReportsShowCommand.Create(), ReportsUploadCommand.Create() };

    private static Command List()
    {
        Option<string?> database = CommonOptions.Database(required: false);
        Option<bool> json = CommonOptions.Json();
        Option<bool> grouped = new("--group") { Description = "One line for each signature: how often, when first and last; the newest first." };
        Command command = new("list", "List the reports, newest first.") { database, grouped, json };
        command.SetAction(parsed =>
        {
            ReportDatabase opened = DatabaseFinder.Open(parsed.GetValue(database));
            if (parsed.GetValue(grouped))
            {
                WriteGroups(opened, parsed.GetValue(json));
                return CommandLine.Done;
            }

            List<ReportRecord> reports = [.. opened.List(Complain).OrderByDescending(report => report.Created)];
            if (parsed.GetValue(json))
            {
                using Stream output = Console.OpenStandardOutput();
                ReportJson.WriteList(output, reports, opened);
                output.WriteByte((byte)'\n');
            }
            else if (reports.Count == 0)
            {
                SayNone(opened);
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

    private static void WriteGroups(ReportDatabase database, bool json)
    {
        IReadOnlyList<ReportGroup> groups = ReportGroup.Of(database.Read(Complain));
        if (json)
        {
            using Stream output = Console.OpenStandardOutput();
            ReportGroups.WriteJson(output, groups);
            output.WriteByte((byte)'\n');
        }
        else if (groups.Count == 0)
        {
            SayNone(database);
        }
        else
        {
            ReportGroups.WriteText(Console.Out, groups);
        }
    }

    private static void SayNone(ReportDatabase database) => Console.Out.WriteLine($"No reports in '{TerminalText.Escape(database.Path)}'.");

    private static void Complain(string problem) => Console.Error.WriteLine($"crash-handler: {TerminalText.Escape(problem)}");
}
