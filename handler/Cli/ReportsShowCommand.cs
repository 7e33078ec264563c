using System.CommandLine;
using CrashHandler.Handler.Cli.Html;
using CrashHandler.Handler.Export;
using CrashHandler.Handler.Minidump;
using CrashHandler.Handler.Reports;

namespace CrashHandler.Handler.Cli;

/// <summary><c>reports show</c>: one report, at the terminal, for programs, or as a page.</summary>
internal static class ReportsShowCommand
{
    public static Command Create()
    {
        Argument<string> id = new("ID") { Description = "The report's id, or the beginning of one." };
        Option<string?> database = CommonOptions.Database(required: false);
        id.CompleteReportIds(database);
        Option<bool> json = CommonOptions.Json();
        Option<string?> html = CommonOptions.Path(new Option<string?>("--html") { Description = "Write a page for a browser; '-' is standard output. Nothing may be there.", HelpName = "FILE" });
        Command command = new("show", "Show one report: its exception and stacks, and its minidump.") { id, database, json, html };
        command.AddExample("crash-handler reports show 3f2a");
        command.AddExample("crash-handler reports show 3f2a --json");
        command.AddExample("crash-handler reports show 3f2a --html crash.html");
        command.Validators.Add(result =>
        {
            if (result.GetValue(json) && result.GetValue(html) is not null)
            {
                result.AddError("'reports show' takes --json or --html, not both.");
            }
        });
        command.SetAction(parsed =>
        {
            ReportDatabase opened = DatabaseFinder.Open(parsed.GetValue(database));
            ReportRecord report = DatabaseFinder.Find(opened, parsed.GetValue(id)!);
            string? dumpPath = report.HasDump ? opened.DumpPath(report) : null;
            string? heapDumpPath = opened.HeapDumpPath(report);
            MinidumpFile dump = dumpPath is null ? MinidumpFile.None : MinidumpCommand.Read(dumpPath);
            StoredStacks stacks = StoredStacks.Read(opened.StacksPath(report));
            if (parsed.GetValue(html) is { } file)
            {
                WritePage(file, new ShownReport(report, dumpPath, heapDumpPath, dump, stacks));
            }
            else if (parsed.GetValue(json))
            {
                using Stream output = StandardOutput.Open();
                ReportJson.WriteOne(output, report, dumpPath, heapDumpPath, dump, stacks);
                output.WriteByte((byte)'\n');
            }
            else
            {
                ReportText.Write(Console.Out, report, dumpPath, heapDumpPath, dump, stacks, TerminalColours.OfOutput());
            }

            return CommandLine.Done;
        });
        return command;
    }

    private static void WritePage(string file, ShownReport report)
    {
        if (file == "-")
        {
            using Stream output = StandardOutput.Open();
            ReportPage.Write(output, report);
            return;
        }

        NewFile page = NewFile.Write(file, replaces: null, output => ReportPage.Write(output, report));
        Console.Out.WriteLine($"{TerminalText.Escape(page.Path)}: {page.Bytes} bytes");
    }
}
