using System.CommandLine;
using CrashHandler.Handler.Daemon;
using CrashHandler.Handler.Minidump;
using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Reports;

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
            string? named = parsed.GetValue(database);
            List<StatusDocument> handlers = [.. DatabaseFinder.RunningHandlers(named)];
            List<DatabaseStatus> all = [];
            List<string> broken = [];
            handlers.ForEach(handler => Look(handler.Database, handler));
            // What nobody works on is worth a look all the same, if it is clear what is meant.
            if (handlers.Count == 0 && DatabaseFinder.TryFind(named) is { } path)
            {
                Look(path, handler: null);
            }

            broken.ForEach(problem => Console.Error.WriteLine($"{CommandLine.Name}: {TerminalText.Escape(problem)}"));
            if (all.Count == 0 && broken.Count > 0)
            {
                return CommandLine.Failed;
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

            void Look(string path, StatusDocument? handler)
            {
                try
                {
                    all.Add(DatabaseStatus.Of(path, handler));
                }
                catch (Exception problem) when (named is null && problem is (DatabaseException or SyscallException or IOException or UnauthorizedAccessException))
                {
                    // One of several: the others are shown.
                    broken.Add($"'{path}' is left out: {problem.Message}");
                }
            }
        });
        return command;
    }
}
