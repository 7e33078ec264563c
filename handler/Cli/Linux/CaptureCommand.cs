using System.CommandLine;
using CrashHandler.Handler.Daemon;

namespace CrashHandler.Handler.Cli;

/// <summary><c>capture</c>: a handler for one death, started by the dying process itself. Nothing for people.</summary>
internal static class CaptureCommand
{
    public static Command Create(Func<SingleShotOptions, int> run)
    {
        Option<string?> database = CommonOptions.Database(required: false);
        Option<string?> address = CommonOptions.Path(new Option<string?>("--address") { Description = "Instead of a database: where its handler listened." });
        Option<string?> url = CommonOptions.Url();
        Option<int> noticeFd = new("--notice-fd") { Required = true };
        Option<int?> blockFd = new("--block-fd");
        Option<string?> walk = CommonOptions.Walk();
        Option<string?> failAt = CommonOptions.FailAt();
        Command command = new("capture", "Capture the process that started this one.") { database, address, url, noticeFd, blockFd, walk, failAt };
        command.Hidden = true;
        command.SetAction(parsed => run(new SingleShotOptions
        {
            Handler = parsed.GetValue(database) is { } named ? new HandlerNote(named, CommonOptions.ParseUrl(parsed.GetValue(url))) : HandlerNote.Read(parsed.GetValue(address) ?? throw new DaemonException("capture takes --database or --address")),
            NoticeFd = parsed.GetValue(noticeFd),
            BlockFd = parsed.GetValue(blockFd),
            Walk = parsed.GetValue(walk),
            FailSpot = CommonOptions.ParseFailSpot(parsed.GetValue(failAt)),
        }));
        return command;
    }
}
