using System.CommandLine;
using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Reports;

namespace CrashHandler.Handler.Cli;

/// <summary><c>reports watch</c>: reports as they arrive.</summary>
internal static class ReportsWatchCommand
{
    public static Command Create()
    {
        Option<string?> database = CommonOptions.Database(required: false);
        ReportFilterOptions filter = new();
        Option<int?> limit = CommonOptions.WholeNumber("--limit", "N", "Begin with those that are there: the N newest.", aliases: "-n");
        Option<bool> json = CommonOptions.Json();
        json.Description = "Write JSON Lines, for programs: one object, on one line, for each report.";
        Command command = new("watch", "Show reports as they arrive, one line for each, until it is interrupted.") { database, limit, json };
        filter.AddTo(command);
        command.AddExample("crash-handler reports watch");
        command.AddExample("crash-handler reports watch --type renderer --json | while read -r report; do notify \"$report\"; done");
        command.SetAction(parsed =>
        {
            ReportDatabase opened = DatabaseFinder.Open(parsed.GetValue(database));
            ArrivingReports arriving = new(opened, filter.Read(parsed, DateTimeOffset.UtcNow), parsed.GetValue(limit) ?? 0);
            return Following.Run(opened.ReportDirectories, ReportDatabase.IsDump, Libc.IN_MOVED_TO, () =>
            {
                foreach (ReportRecord report in arriving.Next())
                {
                    if (parsed.GetValue(json))
                    {
                        ReportJson.WriteLine(StandardOutput.Open(), report, opened);
                    }
                    else
                    {
                        Console.Out.WriteLine(ReportLine.Of(report, TerminalWidth.OfOutput()));
                    }
                }
            });
        });
        return command;
    }
}
