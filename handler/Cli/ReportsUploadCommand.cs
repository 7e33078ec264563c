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
        Option<string?> url = CommonOptions.Url();
        url.Description = "Send them there, whatever URL they were meant for; their headers, which may be credentials, stay behind.";
        Command command = new("upload", "Send reports now, also failed and skipped ones, and also while uploads are off.") { ids, all, database, url };
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
                ? [.. opened.List().Where(report => report.State != ReportState.Uploaded).OrderByDescending(report => report.Created)]
                : DatabaseFinder.FindAll(opened, parsed.GetValue(ids)!);
            Uri? there = CommonOptions.ParseUrl(parsed.GetValue(url));
            foreach (ReportRecord report in wanted)
            {
                opened.Request(report.Id, there);
            }

            bool areAllSent = true;
            await foreach (ReportRecord report in RequestedUploads.WaitAsync(opened, wanted, cancellation).ConfigureAwait(false))
            {
                areAllSent &= report.State == ReportState.Uploaded;
                Console.Out.WriteLine($"{report.Id}  {ReportJson.StateName(report.State)}  {TerminalText.Escape(report.ServerId ?? report.LastError ?? "")}");
            }

            return areAllSent ? CommandLine.Done : CommandLine.Failed;
        });
        return command;
    }
}
