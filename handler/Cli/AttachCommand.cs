using System.CommandLine;
using CrashHandler.Handler.Attach;
using CrashHandler.Handler.Daemon;
using CrashHandler.Handler.Reports;

namespace CrashHandler.Handler.Cli;

/// <summary><c>attach</c>: covers .NET processes that already run, one or all, and those to come.</summary>
internal static class AttachCommand
{
    public static Command Create()
    {
        Argument<int?> process = new("PID") { Description = "The process: .NET 8 or later, of the same user, with its diagnostics port on.", Arity = ArgumentArity.ZeroOrOne };
        Option<bool> all = new("--all") { Description = "Every .NET process of this user." };
        Option<bool> watch = new("--watch") { Description = "With --all: and those to come, until it is interrupted." };
        Option<string?> database = CommonOptions.Database(required: false);
        database.Description = "Directory of the reports' database; by default 'NAME Crashes' in the process's temporary directory.";
        Option<string?> url = CommonOptions.Url();
        Option<bool> json = CommonOptions.Json();
        Command command = new("attach", "Report the crashes of .NET processes that already run, without restarting them.")
        {
            process, all, watch, database, url, json,
        };
        command.AddExample("crash-handler attach 1234");
        command.AddExample("crash-handler attach 1234 --url https://crashes.example/submit");
        command.AddExample("crash-handler attach --all --watch");
        command.Validators.Add(result =>
        {
            bool isAll = result.GetValue(all);
            if ((result.GetResult(process)?.Tokens.Count > 0) == isAll)
            {
                result.AddError(isAll ? "Take either a PID or --all, not both." : "A PID is missing, or --all.");
            }
            else if (result.GetValue(watch) && !isAll)
            {
                result.AddError("--watch goes with --all.");
            }
        });
        command.SetAction(parsed =>
        {
            string? directory = parsed.GetValue(database);
            Uri? address = CommonOptions.ParseUrl(parsed.GetValue(url));
            if (!parsed.GetValue(all))
            {
                return One(parsed.GetValue(process)!.Value, directory, address, parsed.GetValue(json));
            }

            if (directory is not null)
            {
                // One that cannot be had is no fault of any of them, and none is asked.
                ReportDatabase.Create(directory);
            }

            AttachSweep sweep = new(directory, address, Covered);
            return parsed.GetValue(watch) ? Watch(sweep, parsed.GetValue(json)) : All(sweep, parsed.GetValue(json));
        });
        return command;
    }

    private static int One(int pid, string? database, Uri? url, bool json)
    {
        AttachTarget target = new(pid);
        AttachOutcome outcome = ProcessAttach.Run(target, database, url, Covered());
        AttachAttempt attempt = new(pid, target.Name, AttachResult.Attached, outcome.Database, outcome.Degraded);
        if (json)
        {
            WriteJson([attempt]);
        }
        else
        {
            AttachLines.WriteText(attempt);
        }

        return CommandLine.Done;
    }

    private static int All(AttachSweep sweep, bool json)
    {
        List<AttachAttempt> attempts = [];
        foreach (AttachAttempt attempt in sweep.Run(attempts: 1))
        {
            attempts.Add(attempt);
            if (!json)
            {
                AttachLines.WriteText(attempt);
            }
        }

        if (json)
        {
            WriteJson(attempts);
        }
        else
        {
            AttachLines.WriteSummary(attempts);
        }

        return attempts.Exists(attempt => attempt.Result == AttachResult.Failed) ? CommandLine.Failed : CommandLine.Done;
    }

    private static int Watch(AttachSweep sweep, bool json)
    {
        using Stream output = StandardOutput.Open();
        AttachWatch.Run(sweep, json ? attempt => AttachLines.WriteJsonLine(output, attempt) : AttachLines.WriteText);
        return CommandLine.Done;
    }

    private static void WriteJson(IEnumerable<AttachAttempt> attempts)
    {
        using Stream output = StandardOutput.Open();
        AttachLines.WriteJson(output, attempts);
        output.WriteByte((byte)'\n');
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
