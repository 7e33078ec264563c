using System.CommandLine;
using CrashHandler.Handler.Attach;
using CrashHandler.Handler.Daemon;
using CrashHandler.Handler.Minidump;

namespace CrashHandler.Handler.Cli;

/// <summary><c>attach</c>: covers a .NET process that already runs.</summary>
internal static class AttachCommand
{
    public static Command Create()
    {
        Argument<int> process = new("PID") { Description = "The process: .NET 8 or later, of the same user, with its diagnostics port on." };
        Option<string?> database = CommonOptions.Database(required: false);
        database.Description = "Directory of the reports' database; by default 'NAME Crashes' in the process's temporary directory.";
        Option<string?> url = CommonOptions.Url();
        Command command = new("attach", "Report the crashes of a .NET process that already runs, without restarting it.")
        {
            process, database, url,
        };
        command.AddExample("crash-handler attach 1234");
        command.AddExample("crash-handler attach 1234 --url https://crashes.example/submit");
        command.SetAction(parsed =>
        {
            AttachTarget target = new(parsed.GetValue(process));
            AttachOutcome outcome = ProcessAttach.Run(target, parsed.GetValue(database), CommonOptions.ParseUrl(parsed.GetValue(url)), Covered());
            Console.Out.WriteLine($"attached {target.ProcessId} ({TerminalText.Escape(target.Name)}); its reports go to '{TerminalText.Escape(outcome.Database)}'");
            if (outcome.Degraded.Length > 0)
            {
                Console.Error.WriteLine($"crash-handler: {TerminalText.Escape(outcome.Degraded)}");
            }

            return CommandLine.Done;
        });
        return command;
    }

    private static Dictionary<int, string> Covered()
    {
        Dictionary<int, string> covered = [];
        foreach (StatusDocument handler in DatabaseFinder.RunningHandlers(database: null))
        {
            foreach (StatusClient client in handler.Clients)
            {
                covered[client.Pid] = handler.Database;
            }
        }

        return covered;
    }
}
