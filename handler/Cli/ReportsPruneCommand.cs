using System.CommandLine;
using CrashHandler.Handler.Reports;

namespace CrashHandler.Handler.Cli;

/// <summary><c>reports prune</c>: applies the rules of what is kept, now.</summary>
internal static class ReportsPruneCommand
{
    public static Command Create()
    {
        Option<int?> maxAge = CommonOptions.MaxAge();
        Option<int?> maxSize = CommonOptions.MaxSize();
        Option<int?> maxCount = CommonOptions.MaxCount();
        Option<bool> dryRun = new("--dry-run") { Description = "Only say what would go." };
        Option<string?> database = CommonOptions.Database(required: false);
        Option<bool> json = CommonOptions.Json();
        Command command = new("prune", "Delete what is over the limits, as a handler does at its start and daily.")
        {
            maxAge, maxSize, maxCount, dryRun, database, json,
        };
        command.AddExample("crash-handler reports prune --max-age 30 --dry-run");
        command.AddExample("crash-handler reports prune --max-size 64");
        command.SetAction(parsed =>
        {
            bool isDryRun = parsed.GetValue(dryRun);
            ReportDatabase opened = isDryRun ? DatabaseFinder.Open(parsed.GetValue(database)) : DatabaseFinder.OpenToChange(parsed.GetValue(database));
            RetentionLimits limits = RetentionLimits.Of(parsed.GetValue(maxAge), parsed.GetValue(maxSize), parsed.GetValue(maxCount));
            PruneOutcome outcome = new Retention(opened, limits, TimeProvider.System, Retained.Complain).Prune(isDryRun);
            if (parsed.GetValue(json))
            {
                Retained.WriteJson(opened, limits, outcome, isDryRun);
            }
            else
            {
                Retained.WriteText(Console.Out, opened, outcome, isDryRun);
            }

            Retained.ComplainOfDelay(outcome.HasEnded, opened);
            return CommandLine.Done;
        });
        return command;
    }
}
