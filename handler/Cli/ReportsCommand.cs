using System.CommandLine;
using CrashHandler.Handler.Minidump;
using CrashHandler.Handler.Reports;

namespace CrashHandler.Handler.Cli;

/// <summary><c>reports</c>: what is in a database.</summary>
internal static class ReportsCommand
{
    public static Command Create()
    {
        Command command = new("reports", "Look at the reports of a database, send and delete them.")
        {
            List(), ReportsShowCommand.Create(), ReportsWatchCommand.Create(), ReportsExportCommand.Create(), ReportsUploadCommand.Create(),
            ReportsDeleteCommand.Create(), ReportsPruneCommand.Create(),
        };
        command.AddExample("crash-handler reports list");
        command.AddExample("crash-handler reports show 3f2a");
        return command;
    }

    private static Command List()
    {
        Option<string?> database = CommonOptions.Database(required: false);
        Option<bool> json = CommonOptions.Json();
        Option<bool> grouped = new("--group") { Description = "One line for each signature: how often, when first and last; the newest first." };
        ReportFilterOptions filter = new();
        Option<int?> limit = CommonOptions.WholeNumber("--limit", "N", "The N newest of them (with --group: the N groups with the newest).", aliases: "-n");
        Command command = new("list", "List the reports, newest first.") { database, grouped, limit, json };
        filter.AddTo(command);
        command.AddExample("crash-handler reports list");
        command.AddExample("crash-handler reports list --since 2d --type renderer --state failed");
        command.AddExample("crash-handler reports list --group --product App --limit 10");
        command.AddExample("crash-handler reports list --json");
        command.SetAction(parsed =>
        {
            ReportDatabase opened = DatabaseFinder.Open(parsed.GetValue(database));
            ReportFilter wanted = filter.Read(parsed, DateTimeOffset.UtcNow);
            int most = parsed.GetValue(limit) ?? int.MaxValue;
            if (parsed.GetValue(grouped))
            {
                WriteGroups(opened, wanted, most, parsed.GetValue(json));
                return CommandLine.Done;
            }

            if (parsed.GetValue(json))
            {
                using Stream output = StandardOutput.Open();
                ReportJson.WriteList(output, Newest(opened, wanted, most, report => report, report => report.Created), opened);
                output.WriteByte((byte)'\n');
            }
            else
            {
                WriteTable(opened, wanted, Newest(opened, wanted, most, ReportRow.Of, row => row.Created));
            }

            return CommandLine.Done;
        });
        return command;
    }

    private static List<T> Newest<T>(ReportDatabase database, ReportFilter wanted, int most, Func<ReportRecord, T> select, Func<T, DateTimeOffset> created)
        where T : class
    {
        using ProgressLine progress = ProgressLine.OfError();
        return
        [
            .. database.List(report => wanted.Matches(report) ? select(report) : null, Complain, count => progress.Report(() => $"{count} reports read"))
                .OrderByDescending(created).Take(most),
        ];
    }

    private static void WriteTable(ReportDatabase database, ReportFilter wanted, List<ReportRow> rows)
    {
        if (rows.Count == 0)
        {
            SayNone(database, wanted);
            return;
        }

        TextTable.Write(Console.Out, ReportRow.Columns, rows.Select(row => row.Cells), TerminalWidth.OfOutput());
    }

    private static void WriteGroups(ReportDatabase database, ReportFilter wanted, int most, bool json)
    {
        IReadOnlyList<ReportGroup> groups = [.. ReportGroup.Of(ReadEach(database).Where(wanted.Matches)).Take(most)];
        if (json)
        {
            using Stream output = StandardOutput.Open();
            ReportGroups.WriteJson(output, groups);
            output.WriteByte((byte)'\n');
        }
        else if (groups.Count == 0)
        {
            SayNone(database, wanted);
        }
        else
        {
            ReportGroups.WriteText(Console.Out, groups, TerminalWidth.OfOutput());
        }
    }

    private static IEnumerable<ReportRecord> ReadEach(ReportDatabase database)
    {
        using ProgressLine progress = ProgressLine.OfError();
        int count = 0;
        foreach (ReportRecord report in database.Read(Complain))
        {
            count++;
            progress.Report(() => $"{count} reports read");
            yield return report;
        }
    }

    private static void SayNone(ReportDatabase database, ReportFilter wanted)
        => Console.Out.WriteLine($"No reports in '{TerminalText.Escape(database.Path)}'{(wanted.IsAny ? "" : " are all of this")}.");

    private static void Complain(string problem) => Console.Error.WriteLine($"crash-handler: {TerminalText.Escape(problem)}");
}
