using System.CommandLine;
using System.Net;
using System.Runtime.InteropServices;
using CrashHandler.Handler.Collector;
using CrashHandler.Handler.Minidump;

namespace CrashHandler.Handler.Cli;

/// <summary><c>collect</c>: a crash server for trying things out, as strict as the strictest real one.</summary>
internal static class CollectCommand
{
    private const string DefaultEndpoint = "127.0.0.1:1127";

    private static readonly Lock s_output = new();

    public static Command Create()
    {
        Option<string> listen = new("--listen") { Description = "Address and port; port 0 takes a free one.", HelpName = "127.0.0.1:PORT", DefaultValueFactory = _ => DefaultEndpoint };
        listen.Validators.Add(result =>
        {
            string text = result.GetValueOrDefault<string>() ?? "";
            if (!IPEndPoint.TryParse(text, out IPEndPoint? endpoint) || !IPAddress.IsLoopback(endpoint.Address))
            {
                result.AddError($"--listen takes a loopback address and a port such as {DefaultEndpoint}; it is '{text}'.");
            }
        });
        Option<string?> store = CommonOptions.Path(new Option<string?>("--store") { Description = "Directory for what arrives.", HelpName = "DIR" });
        Option<string> play = new("--play")
        {
            Description = $"What right requests are answered, in this order and then again: {string.Join("; ", PlayedAnswer.All().Select(answer => $"{answer.Name} ({answer.Says})"))}.",
            HelpName = "NAME[,NAME...]",
            DefaultValueFactory = _ => "accept",
        };
        play.Validators.Add(result =>
        {
            try
            {
                _ = PlayedAnswer.Parse(result.GetValueOrDefault<string>() ?? "");
            }
            catch (FormatException unknown)
            {
                result.AddError($"--play: {unknown.Message}.");
            }
        });
        Option<bool> gzip = new("--gzip") { Description = "Take compressed requests, too, as Sentry and Socorro do." };
        Option<bool> json = CommonOptions.Json();
        json.Description = "Write JSON Lines, for programs: one object, on one line, for each event.";
        Command command = new("collect", "Run a crash server on this machine, for trials and tests.") { listen, store, play, gzip, json };
        command.AddExample("crash-handler collect --store arrived");
        command.AddExample("crash-handler collect --listen 127.0.0.1:0 --json");
        command.AddExample("crash-handler collect --listen 127.0.0.1:0 --play accept,discard");
        command.SetAction(async (parsed, interruption) =>
        {
            TaskCompletionSource stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
            // It goes on until it is interrupted: that is no failure of it. The parser listens to signals only once this returns for the first time, which is after it says that it listens.
            using CancellationTokenRegistration cancelled = interruption.Register(() => stopped.TrySetResult());
            using PosixSignalRegistration interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
            using PosixSignalRegistration terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
            await using CrashCollector collector = CrashCollector.Start(
                IPEndPoint.Parse(parsed.GetValue(listen)!),
                parsed.GetValue(store),
                report => Say("stored", $"{report.Id}: {TerminalText.Escape(report.Summary)}", ("id", report.Id), ("summary", report.Summary)),
                refusal => Say("refused:", TerminalText.Escape(refusal), ("reason", refusal)),
                PlayedAnswer.Parse(parsed.GetValue(play)!),
                parsed.GetValue(gzip));
            string url = $"http://{collector.Endpoint}/submit";
            Say("listening", $"on {url}", ("url", url));
            await stopped.Task.ConfigureAwait(false);
            return CommandLine.Done;

            void Stop(PosixSignalContext context)
            {
                context.Cancel = true;
                stopped.TrySetResult();
            }

            // From any thread.
            void Say(string what, string text, params (string Name, string Value)[] members)
            {
                try
                {
                    if (parsed.GetValue(json))
                    {
                        WriteJson(what.TrimEnd(':'), members);
                    }
                    else
                    {
                        Console.Out.WriteLine($"{what} {text}");
                    }
                }
                catch (OutputException failure)
                {
                    // Whoever waits for the end says it, and ends.
                    stopped.TrySetException(failure);
                }
            }
        });
        return command;
    }

    private static void WriteJson(string name, (string Name, string Value)[] members)
    {
        // Two reports at once are still two lines.
        lock (s_output)
        {
            JsonLine.Write(StandardOutput.Open(), writer =>
            {
                writer.WriteString("event", name);
                foreach ((string member, string value) in members)
                {
                    writer.WriteString(member, value);
                }
            });
        }
    }
}
