using System.CommandLine;
using CrashHandler.Handler.Reports;

namespace CrashHandler.Handler.Cli;

/// <summary><c>reports delete</c>: takes reports away, with everything that belongs to them.</summary>
internal static class ReportsDeleteCommand
{
    public static Command Create()
    {
        Argument<string[]> ids = new("ID") { Description = "Reports' ids, or the beginnings of some.", Arity = ArgumentArity.ZeroOrMore };
        Option<bool> all = new("--all") { Description = "Every report that is not being sent." };
        Option<string?> database = CommonOptions.Database(required: false);
        Option<bool> json = CommonOptions.Json();
        Command command = new("delete", "Delete reports, for good and without asking.") { ids.CompleteReportIds(database), all, database, json };
        command.AddExample("crash-handler reports delete 4f0c");
        command.AddExample("crash-handler reports delete --all --json");
        command.Validators.Add(result =>
        {
            if (result.GetValue(all) == (result.GetValue(ids)?.Length > 0))
            {
                result.AddError("'reports delete' takes ids, or --all.");
            }
        });
        command.SetAction(parsed =>
        {
            ReportDatabase opened = DatabaseFinder.OpenToChange(parsed.GetValue(database));
            bool isAll = parsed.GetValue(all);
            // Every id is looked at before anything goes.
            IReadOnlyList<ReportRecord> wanted = isAll ? opened.List(Retained.Complain) : DatabaseFinder.FindAll(opened, parsed.GetValue(ids)!);
            if (!isAll && wanted.FirstOrDefault(report => opened.IsInUse(report, ReportsLimits.UsePatience)) is { } busy)
            {
                throw new DatabaseException($"report {busy.Id} is being sent, or its process is held until it is; nothing is deleted, try again when that is over");
            }

            DatabaseStock stock = new(opened);
            List<StoredItem> items = [.. wanted.OrderBy(report => report.Created).Select(stock.Of)];
            List<string> inUse = new ReportDeletion(opened).Delete(items.Select(item => item.Id), Retained.Complain, out bool hasEnded);
            List<StoredItem> deleted = [.. items.Where(item => !inUse.Contains(item.Id))];
            if (parsed.GetValue(json))
            {
                Retained.WriteJson(writer =>
                {
                    writer.WriteString("database", opened.Path);
                    Retained.WriteItems(writer, "deleted", deleted);
                    Retained.WriteNames(writer, "inUse", inUse);
                    writer.WriteNumber("bytes", deleted.Sum(item => item.Bytes + item.HeapDumpBytes));
                    writer.WriteBoolean("hasEnded", hasEnded);
                });
            }
            else
            {
                deleted.ForEach(item => Console.Out.WriteLine($"{item.Id}  deleted"));
                Console.Out.WriteLine($"{Retained.Count(deleted.Count, "report")} deleted, {Retained.Size(deleted.Sum(item => item.Bytes + item.HeapDumpBytes))}.");
            }

            inUse.ForEach(id => Retained.Complain($"report {id} is being sent, and stays"));
            Retained.ComplainOfDelay(hasEnded, opened);
            return isAll || inUse.Count == 0 ? CommandLine.Done : CommandLine.Failed;
        });
        return command;
    }
}
