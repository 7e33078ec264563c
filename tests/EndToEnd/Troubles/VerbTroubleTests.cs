using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using CrashHandler.Handler.Cli;
using Xunit;

namespace CrashHandler.Tests.EndToEnd.Troubles;

/// <summary>Every verb with every trouble: one clear line, the right exit code, nothing lost. A new verb is a new row; one without a row fails.</summary>
public sealed class VerbTroubleTests
{
    private const UnixFileMode ReadOnlyFile = UnixFileMode.UserRead;
    private const UnixFileMode ReadOnlyDirectory = UnixFileMode.UserRead | UnixFileMode.UserExecute;
    private const int NoFileSystem = 77;

    private const string TheProgramsOutput = "the output is the program's";
    private const string OfRoot = "it would go over every .NET process of root's, and this test is one";
    private const string TheMachine = "what the machine is like decides how it ends: DoctorTests";

    private static readonly VerbRow[] s_rows = [.. ((VerbRow[])
    [
        new(VerbKind.Makes, "run --database {database} --pipe {pipe} --persistent --compress-uploads --rate-limit",
            (Trouble.FullStandardOutput, "it writes nothing"), (Trouble.ClosedStandardOutput, "it writes nothing")) { Stays = true },
        new(VerbKind.Makes, "exec --database {database} -- true", (Trouble.FullStandardOutput, TheProgramsOutput), (Trouble.ClosedStandardOutput, TheProgramsOutput)),
        new(VerbKind.Makes, "exec --database {database} --shim-only -- true", (Trouble.FullStandardOutput, TheProgramsOutput), (Trouble.ClosedStandardOutput, TheProgramsOutput)),
        // Nothing for people: whoever calls it has no notice.
        new(VerbKind.Apart, "capture --database {database} --notice-fd 0", (Trouble.None, VerbOutcome.Fails)),
        new(VerbKind.Apart, "attach {pid} --database {database} [--json]", (Trouble.None, VerbOutcome.Fails)),
        new(VerbKind.Makes, "attach {dotnet} --database {database} [--json]"),
        new(VerbKind.Makes, "attach --all --database {database} [--json]", (Trouble.FullDisk, OfRoot), (Trouble.RootLooks, OfRoot)) { Identity = Identities.Hermit },
        new(VerbKind.Makes, "attach --all --watch --database {database} [--json]", (Trouble.RootLooks, OfRoot)) { Identity = Identities.Hermit, Stays = true },
        new(VerbKind.Apart, "dump {pid} -o {out} [--json]", (Trouble.None, VerbOutcome.Works)),
        new(VerbKind.Looks, "status --database {database} [--json]", (Trouble.BrokenSettings, VerbOutcome.Fails)),
        new(VerbKind.Apart, "doctor --pid {pid} --database {database} [--json]", (Trouble.None, TheMachine), (Trouble.WrongPid, TheMachine)),
        new(VerbKind.Looks, "reports list --database {database} [--json]", (Trouble.BrokenOtherRecord, VerbOutcome.Complains)),
        new(VerbKind.Looks, "reports list --database {database} --group [--json]", (Trouble.BrokenOtherRecord, VerbOutcome.Complains)),
        new(VerbKind.Looks, "reports show {id} --database {database} [--json]"),
        new(VerbKind.Looks, "reports show {id} --database {database} --html -"),
        new(VerbKind.Looks, "reports show {id} --database {database} --html {out}"),
        // It copies what there is: whoever gets it sees what is wrong with it.
        new(VerbKind.Looks, "reports export {id} --database {database} -o {out} --heap-dump [--json]", (Trouble.HalfDump, VerbOutcome.Works), (Trouble.DumpIsText, VerbOutcome.Works)),
        new(VerbKind.Looks, "reports export {id} --database {database} -o {out} --force",
            (Trouble.HalfDump, VerbOutcome.Works), (Trouble.DumpIsText, VerbOutcome.Works), (Trouble.OutputIsThere, "OperatorTests: it is replaced")),
        // One at a time.
        new(VerbKind.Apart, "reports export {id} {other} --database {database} -o {out}", [
            (Trouble.None, VerbOutcome.IsWrongUsage), .. Enum.GetValues<Trouble>().Where(trouble => trouble != Trouble.None).Select(trouble => (trouble, (VerbCell)"it takes one id"))]),
        new(VerbKind.Looks, "reports watch -n 2 --database {database} [--json]") { Stays = true },
        new(VerbKind.Looks, "log --database {database} [--json]"),
        new(VerbKind.Looks, "log --follow --database {database} [--json]") { Stays = true },
        new(VerbKind.Apart, "completion bash", (Trouble.None, VerbOutcome.Works)),
        // No settings are asked, and what is wrong with a dump is no reason to keep it.
        new(VerbKind.Deletes, "reports delete {id} --database {database} [--json]",
            (Trouble.BrokenSettings, VerbOutcome.Works), (Trouble.HalfDump, VerbOutcome.Works), (Trouble.DumpIsText, VerbOutcome.Works), (Trouble.FullDisk, VerbOutcome.Works)),
        new(VerbKind.Deletes, "reports delete --all --database {database} [--json]",
            (Trouble.BrokenSettings, VerbOutcome.Works), (Trouble.BrokenOtherRecord, VerbOutcome.Complains), (Trouble.FullDisk, VerbOutcome.Works)),
        // A line for each file that goes to quarantine: of the other report, that is its record and its dump.
        new(VerbKind.Changes, "reports prune --database {database} [--json]",
            (Trouble.BrokenSettings, VerbOutcome.Works), (Trouble.NoDump, VerbOutcome.Complains), (Trouble.BrokenOtherRecord, VerbOutcome.ComplainsOfEach), (Trouble.FullDisk, VerbOutcome.Works)),
        new(VerbKind.Looks, "reports prune --dry-run --database {database} [--json]"),
        // Nobody listens on port 9: what can be tried is, and fails there.
        new(VerbKind.Changes, "reports upload {id} --database {database} --url http://127.0.0.1:9/ [--json]", [
            (Trouble.None, VerbOutcome.SaysOfEach), (Trouble.BrokenOtherRecord, VerbOutcome.SaysOfEach), (Trouble.HalfDump, VerbOutcome.SaysOfEach), (Trouble.DumpIsText, VerbOutcome.SaysOfEach),
            (Trouble.RootLooks, VerbOutcome.SaysOfEach), (Trouble.BrokenSettings, VerbOutcome.SaysOfEach), (Trouble.ReadOnlyDatabase, VerbOutcome.FailsForNow)]),
        new(VerbKind.Changes, "reports upload --all --database {database} --url http://127.0.0.1:9/ [--json]", [
            (Trouble.None, VerbOutcome.SaysOfEach), (Trouble.BrokenOtherRecord, VerbOutcome.SaysOfTheRest), (Trouble.NoDump, VerbOutcome.SaysOfEach), (Trouble.HalfDump, VerbOutcome.SaysOfEach), (Trouble.DumpIsText, VerbOutcome.SaysOfEach),
            (Trouble.RootLooks, VerbOutcome.SaysOfEach), (Trouble.BrokenSettings, VerbOutcome.SaysOfEach), (Trouble.ReadOnlyDatabase, VerbOutcome.FailsForNow)]),
        // What is so already is not written.
        new(VerbKind.Changes, "uploads on --database {database} [--json]", (Trouble.NoDatabase, VerbOutcome.Works), (Trouble.FullDisk, VerbOutcome.Works)),
        new(VerbKind.Changes, "uploads off --database {database} [--json]", (Trouble.NoDatabase, VerbOutcome.Works)),
        new(VerbKind.Changes, "uploads pause --database {database} [--json]", (Trouble.NoDatabase, VerbOutcome.Works)),
        new(VerbKind.Changes, "uploads resume --database {database} [--json]", (Trouble.NoDatabase, VerbOutcome.Works), (Trouble.FullDisk, VerbOutcome.Works)),
        new(VerbKind.Looks, "uploads status --database {database} [--json]", (Trouble.BrokenSettings, VerbOutcome.Fails)),
        new(VerbKind.Apart, "minidump {dump} [--json]", (Trouble.None, VerbOutcome.Works)),
        new(VerbKind.Apart, "collect --listen 127.0.0.1:0 --store {file} --gzip [--json]", (Trouble.None, VerbOutcome.Fails)),
    ]).SelectMany(row => row.Each())];

    public static TheoryData<string, Trouble> Cases
    {
        get
        {
            TheoryData<string, Trouble> cases = [];
            foreach (VerbRow row in s_rows)
            {
                foreach (Trouble trouble in Enum.GetValues<Trouble>().Where(trouble => row.Of(trouble).Outcome != VerbOutcome.Apart))
                {
                    cases.Add(row.Command, trouble);
                }
            }

            return cases;
        }
    }

    [Fact]
    public void EveryVerbHasARow()
        => Assert.All(Verbs(CommandLine.CreateRoot(), "", (verb, _) => verb), verb => Assert.Contains(s_rows, row => row.Command.StartsWith(verb + " ", StringComparison.Ordinal)));

    /// <summary>A switch makes another verb of it.</summary>
    [Fact]
    public void EverySwitchOfEveryVerbIsInARow()
        => Assert.All(Verbs(CommandLine.CreateRoot(), "", (verb, command) => (Verb: verb, Command: command)), found => Assert.All(
            found.Command.Options.OfType<Option<bool>>().Where(option => !option.Hidden),
            option => Assert.Contains(s_rows, row => row.Command.StartsWith(found.Verb + " ", StringComparison.Ordinal) && row.Command.Split(' ').Contains(option.Name))));

    /// <summary>What is not tried is not forgotten.</summary>
    [Fact]
    public void WhatIsNotTriedHasItsReason()
        => Assert.All(s_rows, row => Assert.All(Enum.GetValues<Trouble>().Select(row.Of), cell => Assert.Equal(cell.Outcome == VerbOutcome.Apart, cell.Why.Length > 0)));

    [Theory]
    [MemberData(nameof(Cases))]
    public void OneLineTheRightCodeNothingLost(string command, Trouble trouble)
    {
        if (trouble is Trouble.AnothersDatabase or Trouble.RootLooks or Trouble.FullDisk or Trouble.OutputFullDisk)
        {
            Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root: another user, or a disk of its own");
        }

        VerbRow row = s_rows.Single(candidate => candidate.Command == command);
        VerbOutcome expected = row.Of(trouble).Outcome;
        bool isRoot = trouble is Trouble.RootLooks or Trouble.FullDisk or Trouble.OutputFullDisk;
        using Sandbox sandbox = new(isRoot ? Identities.Root : row.Identity);
        using Sandbox? another = trouble == Trouble.RootLooks ? new(Identities.User) : null;
        TroubledDatabase database = new(another ?? sandbox);
        Dictionary<string, string> places = new()
        {
            ["{database}"] = database.Path,
            ["{id}"] = TroubledDatabase.First,
            ["{other}"] = TroubledDatabase.Second,
            ["{dump}"] = database.Dump,
            ["{out}"] = sandbox.PathOf("made.out"),
            ["{pid}"] = command.Contains("{pid}", StringComparison.Ordinal) ? sandbox.Start("sleep", "60").Pid.ToString(CultureInfo.InvariantCulture) : "",
            ["{dotnet}"] = command.StartsWith("attach", StringComparison.Ordinal) && !command.Contains("{pid}", StringComparison.Ordinal) ? Hold(sandbox) : "",
            ["{pipe}"] = Path.Combine(sandbox.RuntimeFolder, "handler.sock"),
            ["{file}"] = sandbox.WriteFile("some.txt", "some text"u8.ToArray()),
        };
        string word = Make(trouble, sandbox, database, places);
        SortedDictionary<string, string> before = TroubledDatabase.Look(database.Path);
        string[] arguments = [.. command.Split(' ').Select(part => places.GetValueOrDefault(part, part))];

        ProcessResult result = trouble switch
        {
            Trouble.FullDisk or Trouble.OutputFullDisk => OnAFullDisk(sandbox, trouble, database, arguments),
            Trouble.FullStandardOutput => sandbox.Run("sh", ["-c", "exec \"$@\" >/dev/full", "sh", TestPrograms.Shared.Handler, .. arguments]),
            Trouble.ClosedStandardOutput => IntoAClosedPipe(sandbox, arguments),
            _ when row.Stays && expected == VerbOutcome.Works => UntilItIsAsked(sandbox, places["{database}"], arguments),
            _ => sandbox.Handler(arguments),
        };

        if (result.ExitCode == NoFileSystem)
        {
            Assert.Skip($"needs a mount namespace of its own: {result.Error}");
        }

        // Its handler, if it had one: what it does meanwhile is not looked at.
        sandbox.KillRest();
        AssertSaid(result, expected, word);
        if (row.IsJson && expected is VerbOutcome.Works or VerbOutcome.Complains or VerbOutcome.ComplainsOfEach)
        {
            AssertJson(result.Output);
        }

        AssertKept(before, TroubledDatabase.Look(database.Path), expected is VerbOutcome.Fails or VerbOutcome.IsWrongUsage ? VerbKind.Looks : row.Kind, Gone(row, trouble));
        // Beside the database, too: what could not be made whole is not there at all.
        bool isMade = expected is VerbOutcome.Works or VerbOutcome.IsEnded && command.Contains("{out}", StringComparison.Ordinal);
        Assert.Equal(isMade || trouble == Trouble.OutputIsThere ? [places["{out}"]] : [], Directory.GetFiles(sandbox.Folder, "made.out*", SearchOption.AllDirectories));
        Assert.True(trouble != Trouble.OutputIsThere || File.ReadAllText(places["{out}"]) == "precious");
    }

    /// <summary>What the trouble is made of; returns what the line must speak of.</summary>
    private static string Make(Trouble trouble, Sandbox sandbox, TroubledDatabase database, Dictionary<string, string> places)
    {
        switch (trouble)
        {
            case Trouble.NoDatabase:
                return places["{database}"] = sandbox.PathOf("missing");
            case Trouble.DatabaseIsFile:
                return places["{database}"] = places["{file}"];
            case Trouble.DatabaseIsEmpty:
                return places["{database}"] = sandbox.MakeFolder("empty");
            case Trouble.DatabaseUnnamed:
                places["{database}"] = "";
                return "empty";
            case Trouble.BrokenSettings:
                File.WriteAllText(database.Settings(".json"), "{");
                File.WriteAllText(database.Settings(".json.bak"), "");
                return "settings";
            case Trouble.BrokenRecord:
                File.WriteAllText(database.File(TroubledDatabase.First, ".json"), "{\"id\":");
                return TroubledDatabase.First;
            case Trouble.BrokenOtherRecord:
                File.WriteAllText(database.File(TroubledDatabase.Second, ".json"), "{\"id\":");
                return TroubledDatabase.Second;
            case Trouble.NoDump:
                File.Delete(database.Dump);
                return TroubledDatabase.First;
            case Trouble.HalfDump:
                using (FileStream dump = File.OpenWrite(database.Dump))
                {
                    dump.SetLength(dump.Length / 2);
                }

                return TroubledDatabase.First;
            case Trouble.DumpIsText:
                File.WriteAllText(database.Dump, "some text");
                return TroubledDatabase.First;
            case Trouble.AnothersDatabase:
                sandbox.GiveAll(database.Path, to: 0);
                return database.Path;
            case Trouble.ReadOnlyDatabase:
                foreach (FileSystemInfo entry in new DirectoryInfo(database.Path).EnumerateFileSystemInfos("*", SearchOption.AllDirectories).Append(new DirectoryInfo(database.Path)))
                {
                    entry.UnixFileMode = entry is DirectoryInfo ? ReadOnlyDirectory : ReadOnlyFile;
                }

                return database.Path;
            case Trouble.FullDisk or Trouble.OutputFullDisk or Trouble.FullStandardOutput:
                return "No space left on device";
            case Trouble.WrongId:
                return places["{id}"] = "00000000-0000-4000-8000-000000000000";
            case Trouble.AmbiguousId:
                return places["{id}"] = TroubledDatabase.Beginning;
            case Trouble.EmptyId:
                places["{id}"] = "";
                return "empty";
            case Trouble.WrongPid:
                return places["{dotnet}"] = places["{pid}"] = int.MaxValue.ToString(CultureInfo.InvariantCulture);
            case Trouble.OutputIsThere:
                return places["{out}"] = sandbox.WriteFile("made.out", "precious"u8.ToArray());
            case Trouble.OutputNowhere:
                places["{out}"] = sandbox.PathOf("nowhere/made.out");
                return sandbox.PathOf("nowhere");
            case Trouble.OutputReadOnly:
                string folder = sandbox.MakeFolder("closed");
                File.SetUnixFileMode(folder, ReadOnlyDirectory);
                places["{out}"] = Path.Combine(folder, "made.out");
                return folder;
            case Trouble.OutputUnnamed:
                places["{out}"] = "";
                return "empty";
            default:
                return "";
        }
    }

    /// <summary>The verb where not a byte can be written: on a file system in memory, which no other process sees.</summary>
    private static ProcessResult OnAFullDisk(Sandbox sandbox, Trouble trouble, TroubledDatabase database, string[] arguments)
    {
        // The database is moved there and back, or the file is to be made there.
        const string Script = """
            full=$1 database=$2 moved=$3; shift 3
            mount -t tmpfs -o size=1m full "$full" || exit 77
            [ "$moved" = False ] || { cp -a "$database" "$full/database" && mount --bind "$full/database" "$database" || exit 77; }
            dd if=/dev/zero "of=$full/fill" bs=4096 2>/dev/null
            "$@"; code=$?
            if [ "$moved" = False ]; then find "$full" ! -name fill ! -path "$full" >&2
            else umount --lazy "$database" && rm -r "$database" && cp -a "$full/database" "$database" || exit 77; fi
            exit $code
            """;
        string full = sandbox.MakeFolder("full");
        string made = sandbox.PathOf("made.out");
        string[] verb = [.. arguments.Select(argument => argument == made && trouble == Trouble.OutputFullDisk ? Path.Combine(full, "made.out") : argument)];
        return sandbox.Run("unshare", ["--mount", "sh", "-c", Script, "sh", full, database.Path, $"{trouble == Trouble.FullDisk}", TestPrograms.Shared.Handler, .. verb]);
    }

    /// <summary>The verb begins when its reader is gone; the exit code is its own.</summary>
    private static ProcessResult IntoAClosedPipe(Sandbox sandbox, string[] arguments)
    {
        const string Script = """
            there=$1; shift
            { while [ -e "$there" ]; do sleep 0.01; done; "$@"; code=$?; echo $code >"$there.code"; } | { exec <&-; rm "$there"; }
            exit "$(cat "$there.code")"
            """;
        return sandbox.Run("sh", ["-c", Script, "sh", sandbox.WriteFile("reader", []), TestPrograms.Shared.Handler, .. arguments]);
    }

    /// <summary>The verb until it has begun: it said something, or listens.</summary>
    private static ProcessResult UntilItIsAsked(Sandbox sandbox, string database, string[] arguments)
    {
        RunningProcess verb = sandbox.Start(TestPrograms.Shared.Handler, arguments);
        if (arguments[0] == "run")
        {
            sandbox.WaitUntilItLives(verb, database);
        }
        else
        {
            verb.ReadLine();
        }

        sandbox.Run("kill", "-INT", verb.Pid.ToString(CultureInfo.InvariantCulture));
        return verb.Finish();
    }

    private static string Hold(Sandbox sandbox)
    {
        RunningProcess victim = sandbox.Start(TestPrograms.Shared.Victim, "--hold");
        victim.ReadUntil("ready");
        return victim.Pid.ToString(CultureInfo.InvariantCulture);
    }

    // A document, or one on each line.
    private static void AssertJson(string output)
    {
        Assert.EndsWith("\n", output, StringComparison.Ordinal);
        string[] documents = output[0] is '[' || output.StartsWith("{\n", StringComparison.Ordinal) ? [output] : output.TrimEnd('\n').Split('\n');
        Assert.All(documents, document => JsonElement.Parse(document));
    }

    private static void AssertSaid(ProcessResult result, VerbOutcome expected, string word)
    {
        string said = $"exit code {result.ExitCode}; {result.Output}{result.Error}";
        Assert.True(result.ExitCode == ExitCodeOf(expected), said);
        if (expected is VerbOutcome.Fails or VerbOutcome.FailsForNow or VerbOutcome.IsWrongUsage or VerbOutcome.Complains or VerbOutcome.SaysOfTheRest)
        {
            Assert.Matches(@"^crash-handler: [^\n]+\n$", result.Error);
            Assert.Contains(word, result.Error, StringComparison.Ordinal);
        }
        else if (expected == VerbOutcome.ComplainsOfEach)
        {
            Assert.Matches(@"^(crash-handler: [^\n]+\n){2,}$", result.Error);
            Assert.All(result.Error.TrimEnd('\n').Split('\n'), line => Assert.Contains(word, line, StringComparison.Ordinal));
        }
        else
        {
            Assert.Equal("", result.Error);
        }

        if (expected is VerbOutcome.Fails or VerbOutcome.FailsForNow or VerbOutcome.IsWrongUsage)
        {
            Assert.Equal("", result.Output);
        }
        else if (expected is VerbOutcome.SaysOfEach or VerbOutcome.SaysOfTheRest)
        {
            Assert.Matches(@"^([^\n]+\n)+$", result.Output);
        }
    }

    // Of "all", what is no whole report is left to the next sweep.
    private static string[] Gone(VerbRow row, Trouble trouble) => (row.Kind, trouble) switch
    {
        (not VerbKind.Deletes, _) => [],
        _ when row.Command.Contains("{id}", StringComparison.Ordinal) => [TroubledDatabase.First],
        (_, Trouble.BrokenOtherRecord) => [TroubledDatabase.First],
        (_, Trouble.NoDump) => [TroubledDatabase.Second],
        _ => [TroubledDatabase.First, TroubledDatabase.Second],
    };

    private static int ExitCodeOf(VerbOutcome outcome) => outcome switch
    {
        VerbOutcome.Works or VerbOutcome.Complains or VerbOutcome.ComplainsOfEach => CommandLine.Done,
        VerbOutcome.IsWrongUsage => CommandLine.WrongUsage,
        VerbOutcome.IsEnded => StandardOutput.ClosedPipe,
        _ => CommandLine.Failed,
    };

    private static void AssertKept(SortedDictionary<string, string> before, SortedDictionary<string, string> after, VerbKind kind, string[] gone)
    {
        // A lock is made by whoever is first, holds nothing, and stays.
        foreach (string lockFile in after.Keys.Except(before.Keys).Where(name => name.EndsWith(".lock", StringComparison.Ordinal)).ToList())
        {
            after.Remove(lockFile);
        }

        if (kind is VerbKind.Apart or VerbKind.Looks)
        {
            Assert.Equal(before, after);
            return;
        }

        // Reports move when they are sent, and broken ones to quarantine; owners and modes stay.
        Assert.Equal(Reports(before).Where(name => !gone.Any(id => name.StartsWith(id, StringComparison.Ordinal))), Reports(after));
        Assert.Equal(before.Values.Select(Owner).Distinct(), after.Values.Select(Owner).Distinct());

        static string Owner(string seen) => seen.Split(' ')[0];
        static string[] Reports(SortedDictionary<string, string> seen)
            => [.. seen.Where(file => Path.HasExtension(file.Key) && file.Key.Contains(TroubledDatabase.Beginning, StringComparison.Ordinal)).Select(Named).Order()];
        // What a record says may change, a dump never does.
        static string Named(KeyValuePair<string, string> file)
            => file.Key[file.Key.IndexOf(TroubledDatabase.Beginning, StringComparison.Ordinal)..] + (file.Key.EndsWith(".dmp", StringComparison.Ordinal) ? " " + file.Value.Split(' ')[^1] : "");
    }

    private static IEnumerable<T> Verbs<T>(Command command, string before, Func<string, Command, T> make)
        => command.Subcommands.Count == 0 ? [make(before, command)] : command.Subcommands.SelectMany(verb => Verbs(verb, $"{before} {verb.Name}".TrimStart(), make));
}
