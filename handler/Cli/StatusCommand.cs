using System.CommandLine;
using CrashHandler.Handler.Daemon;

namespace CrashHandler.Handler.Cli;

/// <summary><c>status</c>: running handlers and what they do, and their databases.</summary>
internal static class StatusCommand
{
    public static Command Create()
    {
        Option<string?> database = CommonOptions.Database(required: false);
        Option<bool> json = CommonOptions.Json();
        Command command = new("status", "Show the running handlers: clients, reports, queue, disk, what failed.") { database, json };
        command.AddExample("crash-handler status");
        command.AddExample("crash-handler status --json");
        command.SetAction(parsed =>
        {
            List<StatusDocument> handlers = [.. DatabaseFinder.RunningHandlers(parsed.GetValue(database))];
            List<DatabaseStatus> all = [.. handlers.Select(handler => DatabaseStatus.Of(handler.Database, handler))];
            // What nobody works on is worth a look all the same, if it is clear what is meant.
            if (all.Count == 0 && DatabaseFinder.TryFind(parsed.GetValue(database)) is { } path)
            {
                all.Add(DatabaseStatus.Of(path, handler: null));
            }

            if (parsed.GetValue(json))
            {
                using Stream output = StandardOutput.Open();
                DatabaseStatusJson.Write(output, all);
                output.WriteByte((byte)'\n');
            }
            else if (all.Count == 0)
            {
                Console.Out.WriteLine("No handler is running.");
            }

            foreach (DatabaseStatus status in parsed.GetValue(json) ? [] : all)
            {
                DatabaseStatusText.Write(Console.Out, status, TerminalColours.OfOutput());
            }

            return CommandLine.Done;
        });
        return command;
    }
}
