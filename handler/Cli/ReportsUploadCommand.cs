using System.CommandLine;
using CrashHandler.Handler.Daemon;
using CrashHandler.Handler.Minidump;
using CrashHandler.Handler.Reports;

namespace CrashHandler.Handler.Cli;

/// <summary><c>reports upload</c>: sends reports now, whatever became of them and whether uploads are on.</summary>
internal static class ReportsUploadCommand
{
    public static Command Create()
    {
        Argument<string[]> ids = new("ID") { Description = "Reports' ids, or the beginnings of some.", Arity = ArgumentArity.ZeroOrMore };
        Option<bool> all = new("--all") { Description = "Every report that no server has." };
        Option<string?> database = CommonOptions.Database(required: false);
        ids.CompleteReportIds(database);
        Option<bool> json = CommonOptions.Json();
        json.Description = "Write JSON Lines, for programs: one object, on one line, for each report.";
        Option<string?> url = CommonOptions.Url();
        url.Description = "Send them there, whatever URL they were meant for; their headers, which may be credentials, stay behind.";
        Command command = new("upload", "Send reports now, also failed and skipped ones, and also while uploads are off.") { ids, all, database, url, json };
        command.AddExample("crash-handler reports upload 3f2a");
        command.AddExample("crash-handler reports upload --all --url https://crashes.example/submit");
        command.Validators.Add(result =>
        {
            if (result.GetValue(all) == (result.GetValue(ids)?.Length > 0))
            {
                result.AddError("'reports upload' takes ids, or --all.");
            }
        });
        command.SetAction(async (parsed, cancellation) =>
        {
            ReportDatabase opened = DatabaseFinder.OpenToChange(parsed.GetValue(database));
            List<ReportRecord> wanted = parsed.GetValue(all)
                ? [.. opened.List(Retained.Complain).Where(report => report.State != ReportState.Uploaded).OrderByDescending(report => report.Created)]
                : DatabaseFinder.FindAll(opened, parsed.GetValue(ids)!);
            Uri? there = CommonOptions.ParseUrl(parsed.GetValue(url));
            foreach (ReportRecord report in wanted)
            {
                opened.Request(report.Id, there);
            }

            bool areAllSent = true;
            int told = 0;
            using ProgressLine progress = ProgressLine.OfError();
            using Timer saying = new(_ => progress.Report(() => $"{told} of {wanted.Count} tried"), null, CliLimits.ProgressDelay, CliLimits.ProgressDelay);
            await foreach (ReportRecord report in RequestedUploads.WaitAsync(opened, wanted, cancellation).ConfigureAwait(false))
            {
                areAllSent &= report.State == ReportState.Uploaded;
                told++;
                progress.Clear();
                if (parsed.GetValue(json))
                {
                    WriteJson(report);
                    continue;
                }

                Console.Out.WriteLine($"{report.Id}  {ReportJson.StateName(report.State)}  {TerminalText.Escape(report.ServerId ?? report.LastError ?? "")}");
            }

            return areAllSent ? CommandLine.Done : CommandLine.Failed;
        });
        return command;
    }

    private static void WriteJson(ReportRecord report) => JsonLine.Write(StandardOutput.Open(), writer =>
    {
        writer.WriteString("id", report.Id);
        writer.WriteString("state", ReportJson.StateName(report.State));
        writer.WriteString("serverId", report.ServerId);
        writer.WriteString("lastError", report.LastError);
    });
}
