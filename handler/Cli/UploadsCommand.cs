using System.CommandLine;
using System.Text.Json;
using CrashHandler.Handler.Minidump;
using CrashHandler.Handler.Reports;

namespace CrashHandler.Handler.Cli;

/// <summary><c>uploads</c>: the operator's say. A running handler sees a change at once; it holds until it is changed again.</summary>
internal static class UploadsCommand
{
    public static Command Create()
    {
        Command command = new("uploads", "Switch uploads on and off, pause and resume them.")
        {
            Change("on", "Allow uploads, if the application does.", settings => settings.SetOperatorUploads(true)),
            Change("off", "Forbid uploads, whatever the application says. Reports are kept; what waits is not sent later by itself.", settings => settings.SetOperatorUploads(false)),
            Change("pause", "Hold uploads back. What waits goes on waiting.", settings => settings.SetPaused(true)),
            Change("resume", "Go on after a pause.", settings => settings.SetPaused(false)),
            Status(),
        };
        command.AddExample("crash-handler uploads off");
        command.AddExample("crash-handler uploads status");
        return command;
    }

    private static Command Change(string name, string description, Action<DatabaseSettings> change)
    {
        Option<string?> database = CommonOptions.Database(required: false);
        Option<bool> json = CommonOptions.Json();
        Command command = new(name, description) { database, json };
        command.AddExample($"crash-handler uploads {name}");
        command.AddExample($"crash-handler uploads {name} --database '/tmp/App Crashes'");
        command.SetAction(parsed =>
        {
            // The operator may speak before the application's first run.
            ReportDatabase opened = parsed.GetValue(database) is { } named && !Directory.Exists(named)
                ? ReportDatabase.Create(named)
                : DatabaseFinder.OpenToChange(parsed.GetValue(database));
            change(opened.Settings);
            if (parsed.GetValue(json))
            {
                WriteJson(opened, Waiting(opened));
            }
            else
            {
                Console.Out.WriteLine(Describe(opened));
            }

            return CommandLine.Done;
        });
        return command;
    }

    private static Command Status()
    {
        Option<string?> database = CommonOptions.Database(required: false);
        Option<bool> json = CommonOptions.Json();
        Command command = new("status", "Show who allows uploads, and what waits.") { database, json };
        command.AddExample("crash-handler uploads status");
        command.AddExample("crash-handler uploads status --json");
        command.SetAction(parsed =>
        {
            ReportDatabase opened = DatabaseFinder.Open(parsed.GetValue(database));
            // Before anything is written: settings that cannot be read leave no half an answer.
            string described = Describe(opened);
            List<ReportRecord> waiting = Waiting(opened);
            if (parsed.GetValue(json))
            {
                WriteJson(opened, waiting);
                return CommandLine.Done;
            }

            Console.Out.WriteLine(described);
            Console.Out.WriteLine(waiting.Count == 1 ? "1 report waits" : $"{waiting.Count} reports wait");
            foreach (ReportRecord report in waiting.Where(report => report.LastError is not null).OrderBy(report => report.NextAttempt).Take(1))
            {
                Console.Out.WriteLine($"next attempt {report.NextAttempt?.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z, of {report.Id}: {TerminalText.Escape(report.LastError!)}");
            }

            return CommandLine.Done;
        });
        return command;
    }

    private static string Describe(ReportDatabase database) => (database.Settings.UploadPermission, database.Settings.OperatorUploads, database.Settings.Uploads) switch
    {
        (UploadPermission.On, _, _) => "uploads are on",
        (UploadPermission.Paused, _, _) => "uploads are paused; 'crash-handler uploads resume' goes on",
        (_, false, true) => "uploads are off: the operator forbids them; 'crash-handler uploads on' allows them",
        (_, false, false) => "uploads are off: the operator forbids them, and the application does not want them",
        _ => "uploads are off: the application does not want them; only it can change that",
    };

    private static List<ReportRecord> Waiting(ReportDatabase database) => [.. database.List().Where(report => report.State == ReportState.Pending)];

    private static void WriteJson(ReportDatabase database, List<ReportRecord> waiting)
    {
        using Stream output = StandardOutput.Open();
        using (Utf8JsonWriter writer = new(output, ReportJson.Indented))
        {
            writer.WriteStartObject();
            writer.WriteString("database", database.Path);
            writer.WriteString("uploads", database.Settings.UploadPermission.ToString().ToLowerInvariant());
            writer.WriteBoolean("application", database.Settings.Uploads);
            writer.WriteBoolean("operator", database.Settings.OperatorUploads);
            writer.WriteBoolean("paused", database.Settings.IsPaused);
            writer.WriteNumber("waiting", waiting.Count);
            writer.WriteEndObject();
        }

        output.WriteByte((byte)'\n');
    }
}
