using System.CommandLine;
using CrashHandler.Handler.Minidump;
using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Reports;

namespace CrashHandler.Handler.Cli;

/// <summary><c>log</c>: what the handlers of a database say of themselves.</summary>
internal static class LogCommand
{
    public static Command Create()
    {
        Option<string?> database = CommonOptions.Database(required: false);
        Option<bool> follow = new("--follow", "-f") { Description = "Go on with what comes, until it is interrupted." };
        Option<int?> lines = CommonOptions.WholeNumber("--lines", "N", $"The last N lines. Default: all; with --follow {CliLimits.FollowedLines}.", aliases: "-n");
        Option<bool> json = CommonOptions.Json();
        json.Description = "Write JSON Lines, for programs: one object, on one line, for each line.";
        Command command = new("log", "Show the log of a database's handlers.") { database, follow, lines, json };
        command.AddExample("crash-handler log -n 20");
        command.AddExample("crash-handler log --follow --database '/tmp/App Crashes'");
        command.SetAction(parsed =>
        {
            ReportDatabase opened = DatabaseFinder.Open(parsed.GetValue(database));
            bool isFollowed = parsed.GetValue(follow);
            int? last = parsed.GetValue(lines) ?? (isFollowed ? CliLimits.FollowedLines : null);
            using LogTail tail = new(opened.Path);
            if (!isFollowed)
            {
                Look();
                return CommandLine.Done;
            }

            return Following.Run([opened.Path], LogTail.IsLog, Libc.IN_MODIFY | Libc.IN_MOVED_TO, Look);

            void Look()
            {
                IReadOnlyList<string> found = tail.Next();
                Write(last is { } most ? found.TakeLast(most) : found, parsed.GetValue(json));
                last = null;
            }
        });
        return command;
    }

    private static void Write(IEnumerable<string> lines, bool asJson)
    {
        foreach (string line in lines)
        {
            if (asJson)
            {
                JsonLine.Write(StandardOutput.Open(), LogLine.Parse(line).WriteTo);
            }
            else
            {
                Console.Out.WriteLine(TerminalText.Escape(line));
            }
        }
    }
}
