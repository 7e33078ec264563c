using System.CommandLine;
using CrashHandler.Handler.Daemon;
using CrashHandler.Handler.Posix;
using CrashHandler.Handler.Reports;

namespace CrashHandler.Handler.Cli;

/// <summary><c>run</c>: the handler itself.</summary>
internal static class RunCommand
{
    public static Command Create(Func<RunOptions, int> run)
    {
        Option<string?> database = CommonOptions.Database(required: true);
        Option<string?> url = CommonOptions.Url();
        Option<string?> pipe = CommonOptions.Path(new Option<string?>("--pipe") { Description = SystemVerbs.PipeDescription, HelpName = "PATH" });
        Option<string[]> annotation = CommonOptions.Annotation();
        Option<string[]> serveUser = new("--serve-user")
        {
            Description = "As root: take the crashes of this user's processes, too. May be given several times.",
            HelpName = "USER",
            Arity = ArgumentArity.OneOrMore,
            Hidden = !SystemVerbs.ServesUsers,
        };
        Option<bool> persistent = new("--persistent") { Description = "Stay when no client is left." };
        Option<bool> compress = new("--compress-uploads") { Description = "Compress uploads (gzip)." };
        Option<bool> rateLimit = new("--rate-limit") { Description = "Send one report an hour; the others wait." };
        Option<int?> maxAge = CommonOptions.MaxAge();
        Option<int?> maxSize = CommonOptions.MaxSize();
        Option<int?> maxCount = CommonOptions.MaxCount();
        Option<string?> uploads = new("--uploads") { Hidden = true };
        uploads.AcceptOnlyFromAmong("on", "off");
        Option<int?> readyFd = new("--ready-fd") { Hidden = true };
        Option<string?> walk = CommonOptions.Walk();
        Option<string?> exitStatus = CommonOptions.ExitStatus();
        Option<string?> failAt = CommonOptions.FailAt();
        Option<string[]> omitModule = new("--omit-module") { Hidden = true };
        Command command = new("run", $"Run the handler in the foreground. It listens when {SystemVerbs.ListensWhen}.") { database, url, pipe, serveUser, annotation, persistent, compress, rateLimit, maxAge, maxSize, maxCount, uploads, readyFd, walk, exitStatus, failAt };
        if (OperatingSystem.IsWindows())
        {
            command.Add(omitModule);
        }

        command.AddExample("crash-handler run --database /var/lib/app/crashes --url https://crashes.example/submit --persistent");
        command.AddExample("crash-handler run --database /var/lib/crashes --pipe /run/crashes.sock --serve-user www-data --persistent");
        command.SetAction(parsed => run(new RunOptions
        {
            Database = parsed.GetValue(database)!,
            Url = CommonOptions.ParseUrl(parsed.GetValue(url)),
            Pipe = parsed.GetValue(pipe),
            Served = ServedUsers.Of(PosixFiles.UserId(), parsed.GetValue(serveUser) ?? []),
            // The last one wins, as on any command line.
            Annotations = (parsed.GetValue(annotation) ?? []).Select(text => text.Split('=', 2)).GroupBy(pair => pair[0]).ToDictionary(group => group.Key, group => group.Last()[1]),
            CompressUploads = parsed.GetValue(compress),
            RateLimit = parsed.GetValue(rateLimit),
            Retention = RetentionLimits.Of(parsed.GetValue(maxAge), parsed.GetValue(maxSize), parsed.GetValue(maxCount)),
            IsPersistent = parsed.GetValue(persistent),
            Uploads = parsed.GetValue(uploads) switch { "on" => true, "off" => false, _ => null },
            ReadyFd = parsed.GetValue(readyFd),
            Walk = parsed.GetValue(walk),
            TellsExitStatus = parsed.GetValue(exitStatus) is null,
            OmittedModules = parsed.GetValue(omitModule) ?? [],
            FailSpot = CommonOptions.ParseFailSpot(parsed.GetValue(failAt)),
        }));
        return command;
    }
}
