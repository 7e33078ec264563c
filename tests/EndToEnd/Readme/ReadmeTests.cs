using System.CommandLine;
using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using CrashHandler.Handler.Cli;
using CrashHandler.Tests.Packaging;
using Xunit;

namespace CrashHandler.Tests.EndToEnd.Readme;

/// <summary>README.md as a newcomer reads it: every command in it is run. A command without a row fails, and so does a row without a command.</summary>
public sealed partial class ReadmeTests(ReadmeDatabase database) : IClassFixture<ReadmeDatabase>
{
    private const int WrongUsage = 2;
    private const string Filters = "--since 1d --until 2999-01-01 --product Victim --type main --signature program.main --state skipped";

    private static readonly ReadmeText s_readme = new();

    /// <summary>Those of <c>crash-handler</c>: all run here.</summary>
    private static readonly ReadmeCommand[] s_commands =
    [
        new("run --database DIR [--url URL] [--pipe PATH] [--serve-user USER]... [--annotation K=V]... [--persistent] [--compress-uploads] [--rate-limit] [--max-age DAYS] [--max-size MIB] [--max-count N]",
            new ReadmeRun("run --database {new} --url {url} --pipe {pipe} --annotation a=b --persistent --compress-uploads --rate-limit --max-age 30 --max-size 64 --max-count 100") { Makes = "{pipe}", Signal = "TERM" },
            // Only root's handler may, and who runs this is not root.
            new ReadmeRun("run --database {new} --serve-user nobody") { ExitCodes = [1], Complains = "is for root's handler" }),
        new("exec [--database DIR] [--url URL] [--product NAME] [--company NAME] [--annotation K=V]... [--shim-only] -- PROGRAM ARGS...",
            new ReadmeRun("exec --database {new} --url {url} --product Zombies --company Umbrella --annotation a=b -- echo covered") { Says = "covered" },
            new ReadmeRun("exec --shim-only -- echo covered") { Says = "covered" }),
        new("attach PID | --all [--watch] [--database DIR] [--url URL]",
            new ReadmeRun("attach {pid} --database {new} --url {url}") { Says = "{new}" },
            new ReadmeRun("attach --all --database {new}") { Says = "1 attached, 0 were already, 0 not attachable, 0 failed" },
            new ReadmeRun("attach --all --watch --database {new}") { Says = "attached", Signal = "INT" }),
        new("dump PID [-o FILE]",
            new ReadmeRun("dump {pid}") { Makes = "{pid}.dmp" },
            new ReadmeRun("dump {pid} -o {out}") { Makes = "{out}" }),
        new("status",
            new ReadmeRun("status") { Says = "{database}" }),
        new("doctor [--database DIR] [--url URL] [--pid PID]",
            new ReadmeRun("doctor --database {database} --url {url} --pid {pid}") { Says = "ok", ExitCodes = [0, 1] }),
        new("reports list [-n N] [FILTERS]",
            new ReadmeRun("reports list") { Says = "{id}" },
            new ReadmeRun($"reports list -n 1 {Filters}") { Says = "{id}" }),
        new("reports list --group [-n N] [FILTERS]",
            new ReadmeRun($"reports list --group -n 1 {Filters}") { Says = "{id}" }),
        new("reports show ID [--html FILE]",
            new ReadmeRun("reports show {id}") { Says = "The exception" },
            new ReadmeRun("reports show {id} --html {out}") { Makes = "{out}" }),
        new("reports watch [-n N] [FILTERS]",
            new ReadmeRun($"reports watch -n 1 {Filters}") { Says = "{id}", Signal = "INT" }),
        new("reports export ID [-o FILE.zip] [--heap-dump] [--force]",
            new ReadmeRun("reports export {id}") { Makes = "{id}.zip" },
            new ReadmeRun("reports export {id} -o {out} --heap-dump --force") { Makes = "{out}" }),
        new("reports upload ID... | --all [--url URL]",
            new ReadmeRun("reports upload {id} --url {url}") { Says = "{id}" },
            new ReadmeRun("reports upload --all --url {url}") { Says = "{id}" }),
        new("reports delete ID... | --all",
            new ReadmeRun("reports delete {id}") { Says = "1 report deleted" },
            new ReadmeRun("reports delete --all") { Says = "1 report deleted" }),
        new("reports prune [--max-age DAYS] [--max-size MIB] [--max-count N] [--dry-run]",
            new ReadmeRun("reports prune") { Says = "1 report kept" },
            new ReadmeRun("reports prune --max-age 30 --max-size 64 --max-count 100 --dry-run") { Says = "1 report" }),
        new("uploads on | off | pause | resume | status",
            new ReadmeRun("uploads on"), new ReadmeRun("uploads off"), new ReadmeRun("uploads pause"), new ReadmeRun("uploads resume"), new ReadmeRun("uploads status") { Says = "uploads are off" }),
        new("log [-f] [-n N]",
            new ReadmeRun("log") { Says = "{id}" },
            new ReadmeRun("log -n 1") { Says = "INF" },
            new ReadmeRun("log -f -n 1") { Says = "INF", Signal = "INT" }),
        new("minidump FILE",
            new ReadmeRun("minidump {dump}") { Says = "SIGABRT" }),
        new("collect [--listen 127.0.0.1:PORT] [--store DIR] [--play NAME,...] [--gzip]",
            new ReadmeRun("collect --listen 127.0.0.1:0 --store {new} --play accept,discard --gzip") { Says = "listening on http://127.0.0.1:", Signal = "INT" }),
        new("completion bash | zsh | fish",
            new ReadmeRun("completion bash") { Says = "crash-handler" }, new ReadmeRun("completion zsh") { Says = "crash-handler" }, new ReadmeRun("completion fish") { Says = "crash-handler" }),

        new("crash-handler exec", new ReadmeRun("exec -- echo covered") { Says = "covered" }),
        new("crash-handler attach PID", new ReadmeRun("attach {pid}") { Says = "{folder}/victim Crashes" }),
        new("crash-handler reports show ID", new ReadmeRun("reports show {id}") { Says = "Crashed thread" }),
        new("crash-handler reports show ID --html crash.html", new ReadmeRun("reports show {id} --html crash.html") { Makes = "crash.html" }),
        new("crash-handler run --database DIR --max-size MIB", new ReadmeRun("run --database {new} --max-size 512 --pipe {pipe}") { Makes = "{pipe}", Signal = "TERM" }),
        // Port 1127, where it listens by default, may be somebody's.
        new("crash-handler collect --play accept-sentry", new ReadmeRun("collect --play accept-sentry --listen 127.0.0.1:0") { Says = "listening on", Signal = "TERM" }),
        new("source <(crash-handler completion bash)", new ReadmeRun("source <(crash-handler completion bash); complete -p crash-handler") { Says = "_crash_handler", IsShell = true }),
    ];

    /// <summary>Minutes to an hour each: not run here, only found. Command, and its word among those that the script says it takes.</summary>
    private static readonly Dictionary<string, string> s_longRuns = new()
    {
        ["build/bench"] = "startup",
        ["build/bench capture"] = "capture",
        ["build/bench walk"] = "walk",
        ["build/bench start"] = "start",
        ["build/bench overhead"] = "overhead",
        ["build/soak deaths"] = "build/soak deaths",
        ["build/soak caught"] = "build/soak caught",
        ["build/soak parameter"] = "build/soak parameter",
        ["build/soak uploads"] = "build/soak uploads",
        ["build/soak crashes"] = "build/soak crashes",
        ["build/soak fuzz"] = "build/soak fuzz",
        ["build/soak formats"] = "build/soak formats",
    };

    /// <summary>Those that build/test runs before its tests.</summary>
    private static readonly string[] s_checks = ["build/publish", "build/package-shapes"];

    /// <summary>Those that other tests run; <c>build/test</c> is what runs them all.</summary>
    private static readonly Dictionary<string, Type> s_elsewhere = new()
    {
        ["build/test"] = typeof(ReadmeTests),
        ["build/test-unprivileged"] = typeof(ReadmeTests),
        ["build/test-windows"] = typeof(ReadmeTests),
        ["build/demo"] = typeof(DemoTests),
        ["build/test -class \"*ManyReportsTests\" -showLiveOutput"] = typeof(ManyReportsTests),
        ["build/test -class \"*AdditionsTests\" -showLiveOutput"] = typeof(AdditionsTests),
        ["DOTNET_STARTUP_HOOKS=/opt/crash-handler/CrashHandler.StartupHook.dll CRASH_HANDLER_SUBMIT_URL=https://crashes.example/submit dotnet App.dll"] = typeof(StartupHookTests),
        // build/package-shapes restores the same package from the same directory.
        ["dotnet add package CrashHandler.Client --source artifacts/packages"] = typeof(ApplicationShapeTests),
    };

    public static TheoryData<string> Commands => [.. s_commands.Select(command => command.Text)];

    public static TheoryData<string, string> LongRuns
    {
        get
        {
            TheoryData<string, string> runs = [];
            foreach ((string command, string word) in s_longRuns)
            {
                runs.Add(command, word);
            }

            return runs;
        }
    }

    [Fact]
    public void EveryCommandIsRunSomewhere()
        => Assert.Equal(s_readme.Commands.Order(StringComparer.Ordinal), s_commands.Select(command => command.Text).Concat(s_longRuns.Keys).Concat(s_checks).Concat(s_elsewhere.Keys).Order(StringComparer.Ordinal));

    /// <summary>Whatever a command says literally, a run of it says, too.</summary>
    [Fact]
    public void EveryOptionIsTried()
        => Assert.All(s_commands, command =>
        {
            string[] tried = ["crash-handler", .. command.Runs.SelectMany(run => Word().Matches(run.Words)).Select(word => word.Value)];
            Assert.All(s_readme.Literals(command.Text), word => Assert.Contains(word, tried));
        });

    /// <summary>The other way round: what the verbs take stands in their table.</summary>
    [Fact]
    public void TheTableHasEveryVerbWithEveryOption()
    {
        // Of all verbs alike the text below the table tells.
        string[] common = ["--json", "--database", "--help"];
        Assert.All(Verbs(CommandLine.CreateRoot(), ""), verb =>
        {
            string parent = verb.Path.Split(' ')[0];
            string[] words = [.. s_readme.Syntaxes.Where(syntax => $"{syntax} ".StartsWith($"{verb.Path} ", StringComparison.Ordinal) || (parent == "uploads" && syntax.StartsWith(parent, StringComparison.Ordinal))).SelectMany(s_readme.Literals)];
            Assert.All(verb.Path.Split(' '), word => Assert.Contains(word, words));
            Assert.All(verb.Command.Options.Where(option => !option.Hidden && !common.Contains(option.Name)), option => Assert.Contains(words, word => word == option.Name || option.Aliases.Contains(word)));
        });
    }

    /// <summary>What the text speaks of in passing is a command that is run here, with all its words.</summary>
    [Fact]
    public void WhatIsSpokenOfIsThere()
    {
        string[] verbs = [.. s_commands.SelectMany(command => command.Runs).Select(run => run.Words)];
        Assert.NotEmpty(s_readme.Mentions);
        Assert.All(s_readme.Mentions, mention => Assert.Contains(verbs, words => Word().Matches(mention).All(word => char.IsUpper(word.Value[0]) || words.Split(' ').Contains(word.Value))));
    }

    /// <summary>What an application is to write is what the compiler takes.</summary>
    [Fact]
    public void TheCodeCompiles()
    {
        string[] blocks = s_readme.Code;
        Assert.Equal(3, blocks.Length);
        // The last one has a line, or several, for each server.
        string[] bodies = [.. blocks[..2], .. ServerOption().Split(blocks[2]).Skip(1).Select(option => $"_ = new CrashReporterOptions {{ Server = {option} }};")];
        Assert.Equal(2 + 5, bodies.Length);
        using Sandbox sandbox = new(Identities.Own);
        string methods = string.Join('\n', bodies.Select((body, i) => $"    static void M{i}()\n    {{\n{UsingLine().Replace(body, "")}\n    }}"));
        string source = sandbox.WriteFile("readme.cs", System.Text.Encoding.UTF8.GetBytes($"using System.Diagnostics;\nusing CrashHandler;\nstatic class Readme\n{{\n{methods}\n}}\n"));
        string runtime = Path.GetDirectoryName(typeof(object).Assembly.Location)!, root = Path.GetFullPath(Path.Combine(runtime, "..", "..", ".."));
        string compiler = Directory.EnumerateFiles(Path.Combine(root, "sdk"), "csc.dll", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Last();

        ProcessResult result = sandbox.Run(Path.Combine(root, "dotnet"), [
            compiler, "-nologo", "-noconfig", "-target:library", "-warnaserror", $"-out:{sandbox.PathOf("readme.dll")}", $"-r:{typeof(CrashReporter).Assembly.Location}",
            .. Directory.EnumerateFiles(runtime, "System*.dll").Where(file => !file.EndsWith(".Native.dll", StringComparison.Ordinal)).Select(file => $"-r:{file}"), source]);

        Assert.Equal(("", 0), (result.Output, result.ExitCode));
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void ItIsRun(string text)
    {
        if (text.Contains("--all [--watch]", StringComparison.Ordinal))
        {
            Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root: it goes over all processes of a user, who must run nothing else");
        }

        Identities.Require(ReadmeDatabase.Identity);
        Assert.All(s_commands.Single(command => command.Text == text).Runs, Run);
    }

    /// <summary>The script is there, can be executed, and names the word among those that it takes.</summary>
    [Theory]
    [MemberData(nameof(LongRuns))]
    public void ALongRunIsThere(string command, string word)
    {
        using Sandbox sandbox = new(Identities.Own);

        ProcessResult result = sandbox.Run(Path.Combine(TestPrograms.RepositoryRoot(), command.Split(' ')[0]), "no-such-run");

        Assert.Equal(("", WrongUsage), (result.Output, result.ExitCode));
        Assert.Matches($@"(?<!\S){Regex.Escape(word)}(?![\w-])", result.Error);
    }

    [Fact]
    public void TheOthersAreRunByOtherTests()
    {
        string script = File.ReadAllText(Path.Combine(TestPrograms.RepositoryRoot(), "build", "test"));
        Assert.All(s_checks, check => Assert.Matches($@"(?m)^check .*""\$root/{Regex.Escape(check)}""$", script));
        Assert.All(s_elsewhere.Values, type => Assert.Contains(type.GetMethods(), method => method.GetCustomAttributes().Any(attribute => attribute is FactAttribute)));
    }

    /// <summary>Three sentences, a report, the two commands, the example; and the report's lines are such as there are.</summary>
    [Fact]
    public void TheTopIsForNewcomers()
    {
        Identities.Require(ReadmeDatabase.Identity);
        Match top = Top().Match(s_readme.Text);
        Assert.True(top.Success);
        Assert.Equal(3, SentenceEnd().Count(top.Groups["what"].Value));
        Assert.Equal("build/demo build/test", string.Join(' ', top.Groups["commands"].Value.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')[0])));
        using Sandbox sandbox = new(ReadmeDatabase.Identity);
        string real = sandbox.Handler("reports", "show", database.Id, "--database", database.CopyTo(sandbox)).Output;
        Assert.All(Label().Matches(top.Groups["report"].Value).Select(label => label.Value), label => Assert.Contains($"\n{label}", real, StringComparison.Ordinal));
        Assert.Contains("\n  M managed, N native, T transition of the runtime\n", real, StringComparison.Ordinal);
        Assert.Matches(@"\n    #0 +M  ", real);
        Assert.Matches(@"\n  #\d+ +N  libc\.so\.6!__libc_start_main\+0x", real);
    }

    private void Run(ReadmeRun run)
    {
        using Sandbox sandbox = new(ReadmeDatabase.Identity);
        string copy = database.CopyTo(sandbox);
        Dictionary<string, string> places = new()
        {
            ["{folder}"] = sandbox.Folder,
            ["{database}"] = copy,
            ["{id}"] = database.Id,
            ["{dump}"] = Path.Combine(copy, "completed", $"{database.Id}.dmp"),
            ["{new}"] = sandbox.Database,
            ["{out}"] = sandbox.PathOf("made.out"),
            ["{pipe}"] = Path.Combine(sandbox.RuntimeFolder, "handler.sock"),
        };
        if (run.NeedsProcess)
        {
            RunningProcess process = sandbox.Start(TestPrograms.Shared.Victim, "--hold");
            process.ReadUntil("ready");
            places["{pid}"] = process.Pid.ToString(CultureInfo.InvariantCulture);
        }

        if (run.Words.Contains("{url}", StringComparison.Ordinal))
        {
            places["{url}"] = sandbox.StartCollector().Url;
        }

        // Without root the user is not alone: tests beside this one have handlers and databases, too.
        string[] words = [.. run.Words.Split(' ').Select(Fill), .. run.LooksForDatabase && !Environment.IsPrivilegedProcess ? (string[])["--database", copy] : []];
        RunningProcess command = run.IsShell
            ? sandbox.Start("bash", "-c", $"PATH=\"$0:$PATH\"; {run.Words}", Path.GetDirectoryName(TestPrograms.Shared.Handler)!)
            : sandbox.Start(TestPrograms.Shared.Handler, words);
        string? made = run.Makes is { } name ? Path.Combine(sandbox.Folder, Fill(name)) : null;
        if (run.Signal is { } signal)
        {
            if (made is not null)
            {
                if (words[0] == "run")
                {
                    sandbox.WaitUntilItLives(command, sandbox.Database);
                }

                sandbox.Until(() => File.Exists(made) ? made : command.HasExited ? throw new InvalidOperationException(command.Finish().Error) : null, () => made);
            }
            else
            {
                while (!command.ReadLine().Contains(Fill(run.Says), StringComparison.Ordinal))
                {
                }
            }

            sandbox.Run("kill", $"-{signal}", command.Pid.ToString(CultureInfo.InvariantCulture));
        }

        ProcessResult result = command.Finish();
        Assert.True(run.ExitCodes.Contains(result.ExitCode), $"{run.Words}: exit code {result.ExitCode}: {result.Error}{result.Output}");
        // A thread may end while it is dumped: that is said, and no failure.
        Assert.Matches(run.Complains is { } complaint ? $@"\Acrash-handler: [^\n]*{Regex.Escape(complaint)}[^\n]*\n\z" : words[0] == "dump" ? @"\A(crash-handler: \d+ things? could not be read or had to be cut; [^\n]+\n)?\z" : @"\A\z", result.Error);
        Assert.Contains(Fill(run.Says), result.Output, StringComparison.Ordinal);
        Assert.True(made is null || run.Signal is not null || new FileInfo(made).Length > 0, made);

        string Fill(string text) => places.Aggregate(text, (filled, place) => filled.Replace(place.Key, place.Value, StringComparison.Ordinal));
    }

    private static IEnumerable<(string Path, Command Command)> Verbs(Command command, string path)
        => command.Subcommands.Where(verb => !verb.Hidden).SelectMany(verb => verb.Subcommands.Count > 0 ? Verbs(verb, $"{path}{verb.Name} ") : [($"{path}{verb.Name}", verb)]);

    [GeneratedRegex(@"[^\s;<()]+")]
    private static partial Regex Word();

    [GeneratedRegex(@"\A# CrashHandler\n\n(?<what>.*?)\n\n[^\n]*`crash-handler reports show ID`:\n\n```\n(?<report>.*?)```\n\n[^\n]*:\n\n```\n(?<commands>.*?)```\n.*?\n## In an application\n\n```csharp\n", RegexOptions.Singleline)]
    private static partial Regex Top();

    [GeneratedRegex(@"^Server = ", RegexOptions.Multiline)]
    private static partial Regex ServerOption();

    [GeneratedRegex(@"^using .*;$", RegexOptions.Multiline)]
    private static partial Regex UsingLine();

    [GeneratedRegex(@"\.(\s|\z)")]
    private static partial Regex SentenceEnd();

    [GeneratedRegex("^[A-Z][a-z]+( thread|  | [a-z]+$)", RegexOptions.Multiline)]
    private static partial Regex Label();
}
